import type { CallOptions, Remote } from "@jumpstarter-ts/core";
import type { DhcpInfo } from "@jumpstarter-ts/driver-uboot";

import { createBusyboxShell, type BusyboxShell } from "./busybox-shell.ts";
import type { networkFlasherContract } from "./contract.ts";
import type { FlasherManifest } from "./manifest.ts";

export interface HelperSystem {
  readonly shell: BusyboxShell;
  /** What U-Boot was told by the network. */
  readonly dhcp: DhcpInfo;
}

export interface BootOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without power. Default 2000. */
  readonly offForMs?: number | undefined;
}

const loadTimeoutMs = 120_000;
const bootTimeoutMs = 180_000;
const loginTimeoutMs = 60_000;

/** Boots the system that does the flashing, over the network. The bundle is set up and both servers run. */
export async function bootHelperSystem(
  remote: Remote<typeof networkFlasherContract>,
  { spec }: FlasherManifest,
  { signal, offForMs }: BootOptions = {},
): Promise<HelperSystem> {
  const limits: CallOptions = signal === undefined ? {} : { signal };
  const { serial, tftp, uboot } = remote.children;
  const device = remote.with(limits);
  const console = await uboot.rebootToConsole({ ...limits, ...(offForMs === undefined ? {} : { offForMs }) });
  const dhcp = await console.setupDhcp(limits);
  await console.setEnv("serverip", await tftp.host(limits), limits);

  const load = async (file: string | null | undefined, address: string | null | undefined): Promise<void> => {
    if (file === null || file === undefined || file === "" || address === null || address === undefined) return;
    await console.runChecked(`tftpboot ${address} ${file}`, { ...limits, timeoutMs: loadTimeoutMs });
  };
  await load(await device.call("get_kernel_filename"), await device.call("get_kernel_address"));
  await load(await device.call("get_initram_filename"), await device.call("get_initram_address"));
  await load(await device.call("get_dtb_filename"), await device.call("get_dtb_address"));

  const { login_prompt, username, password, prompt } = spec.login;
  const isNamed = username !== null && username !== undefined && username !== "";
  let since = serial.mark();
  await serial.sendLine(await device.call("get_bootcmd"), limits);
  if (isNamed) {
    await serial.waitFor(patternOf(login_prompt), { since, timeout: bootTimeoutMs, ...limits });
    since = serial.mark();
    await serial.sendLine(username, limits);
  }
  if (password !== null && password !== undefined && password !== "") {
    await serial.waitFor(/ssword:/, { since, timeout: loginTimeoutMs, ...limits });
    since = serial.mark();
    await serial.sendLine(password, limits);
  }
  const ready = patternOf(prompt);
  await serial.waitFor(ready, { since, timeout: bootTimeoutMs, ...limits });
  return { shell: createBusyboxShell(serial, remote.path, ready), dhcp };
}

/** Prompts of a manifest are regular expressions. */
function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    return new RegExp(text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`));
  }
}
