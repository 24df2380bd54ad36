import type { Progress } from "./resource.ts";

/**
 * A command that a driver package gives to `j` for its kind of device: `j board flash disk.img`. Plain data; `j` parses,
 * explains and completes from it.
 */
export interface DeviceCommand<Client> {
  /** The word behind the device's; empty where the device itself is the command, as in `j ssh uname`. */
  readonly name: string;
  /** One line. */
  readonly help: string;
  /** Below it, in the command's own help. */
  readonly details?: string | undefined;
  readonly options?: readonly CommandOption[];
  readonly parameters?: readonly CommandParameter[];
  /**
   * The answer is the exit code; nothing is 0, and after Ctrl+C it is always 2. What it throws is shown as one sentence, with
   * 1 as the exit code.
   */
  readonly run: (client: Client, input: CommandInput, io: CommandIo) => Promise<number | void>;
}

export interface CommandOption {
  /** Without the dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  readonly help: string;
  /** What the value is called in the help; an option without one is a flag. */
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly isRepeated?: boolean;
  /** What the shell completes the value with. */
  readonly complete?: "files";
}

export interface CommandParameter {
  /** As the help shows it: `FILE`. */
  readonly name: string;
  readonly help?: string | undefined;
  readonly choices?: readonly string[] | undefined;
  readonly isOptional?: boolean;
  /** Takes all that is left; the last one only. */
  readonly isRest?: boolean;
  /** With `isRest`: the words are another program's. From the first one on, nothing is read as an option. */
  readonly isVerbatim?: boolean;
  /** What the shell completes it with. */
  readonly complete?: "files";
}

/** What was given to a command, checked against its options and parameters. */
export interface CommandInput {
  /** The command as it was called: `j board flash`. */
  readonly called: string;
  isSet(option: string): boolean;
  /** Of an option that is repeated, the last. */
  text(option: string): string | undefined;
  texts(option: string): readonly string[];
  /** A parameter that is not optional. */
  word(parameter: string): string;
  optionalWord(parameter: string): string | undefined;
  words(parameter: string): readonly string[];
}

/** What a command has to do with the world. A program that it starts may also be given the terminal itself. */
export interface CommandIo {
  /** For data. */
  readonly stdout: CommandOutput;
  /** For what people read beside the data. */
  readonly stderr: CommandOutput;
  /** Aborted by Ctrl+C. */
  readonly signal: AbortSignal;
  /** A bar that is drawn while bytes move, until it is disposed of; nothing where nobody is there to see it. */
  progress(what: string): ProgressDisplay;
}

export interface CommandOutput {
  write(text: string | Uint8Array): unknown;
}

export interface ProgressDisplay extends Disposable {
  update(progress: Progress): void;
}
