export { someIp, type SomeIpClient, type SomeIpFindOptions, type SomeIpWaitOptions } from "./client.ts";
export { someIpContract, type SomeIpEvent, type SomeIpMessage, type SomeIpService } from "./contract.ts";
