import type { ConsolePattern } from "./console.ts";
import type { Duration } from "./units.ts";

/** How to get at a shell on a console. */
export interface ShellOptions {
  /** Logs in where the console asks for it; one that is logged in already is taken as it is. */
  readonly login?: ShellLogin;
  /**
   * What the device shows before it takes a command, for what is no POSIX shell: `/=> $/` for U-Boot. The prompt is then
   * left as it is, and a command is one line.
   */
  readonly prompt?: RegExp;
  /** Until a shell has to be there. Default 60 seconds. */
  readonly timeout?: Duration | number;
  /**
   * After how long a silence a line feed is sent, so that a prompt which was shown before anyone looked shows itself
   * again. Short is fast; but a board that is just being switched on may take it for the key that stops its boot.
   * Default 2 seconds.
   */
  readonly nudgeAfter?: Duration | number;
  /** Keeps kernel messages off the console (`dmesg -n 1`), and makes sure that it did. Default false. */
  readonly quiet?: boolean;
  /** How many characters the device takes in one line; a longer command is sent in several. Default 800. */
  readonly maxLine?: number;
  /** Fails whatever waits at once. Default: the line of a kernel panic. */
  readonly failOn?: ConsolePattern | readonly ConsolePattern[];
  readonly signal?: AbortSignal;
}

export interface ShellLogin {
  readonly user: string;
  /** Where one is asked for and none is given the login fails. */
  readonly password?: string;
  /** What asks for the user's name. Default: a line that ends in `login: `. */
  readonly prompt?: RegExp;
}

export interface RunOptions {
  /** Whether an exit code other than 0 is an error. Default true. */
  readonly check?: boolean;
  /** Until the command has to be over; then it is interrupted. Default 30 seconds. */
  readonly timeout?: Duration | number;
  /**
   * What becomes of lines such as `[   12.345678] usb 1-1: …`, which the kernel writes into a command's output: left out,
   * or kept. Default `drop`; `keep` for a command in which the word `dmesg` occurs.
   */
  readonly kernelLines?: "drop" | "keep";
  /** Fails the command at once, besides what the shell's own `failOn` does. */
  readonly failOn?: ConsolePattern | readonly ConsolePattern[];
  readonly signal?: AbortSignal;
}

export interface CommandResult<ExitCode = number> {
  /** What the command wrote to the console, standard error included, without the last line feed. */
  readonly stdout: string;
  readonly exitCode: ExitCode;
}

/** What a command is made of in a template: quoted, so that it is one argument; of an array each element is one. */
export type ShellArgument = string | number | readonly (string | number)[];

/**
 * A shell on a console, for one command at a time; who comes later waits.
 *
 * ```ts
 * await using sh = await dut.console.shell({ login: { user: "root" } });
 * const { stdout } = await sh`cat ${path}`; // an exit code other than 0 throws
 * const { exitCode } = await sh.run("test -e /etc/passwd", { check: false });
 * ```
 *
 * Disposing it ends nothing on the device: the user stays logged in.
 */
export interface Shell<ExitCode = number> extends AsyncDisposable {
  (command: TemplateStringsArray, ...args: readonly ShellArgument[]): Promise<CommandResult<ExitCode>>;
  run(command: string, options?: RunOptions): Promise<CommandResult<ExitCode>>;
}
