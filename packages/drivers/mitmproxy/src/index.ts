export type { CapturedScenario, Captures } from "./captures.ts";
export {
  mitmproxy,
  type MitmproxyClient,
  type ProxyMode,
  type ProxySession,
  type ProxyStartOptions,
  type ProxyState,
} from "./client.ts";
export { mitmproxyContract } from "./contract.ts";
export type { Mock, MockAnswer, MockHeaders, Mocks } from "./mocks.ts";
export type { CapturedRequest, FlowFile, ProxyStatus } from "./results.ts";
