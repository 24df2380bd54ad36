import { createStreamPair, serve, type ByteStream, type ServedDriver } from "@jumpstarter-ts/core";
import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";

/** What a command says and how it ends; undefined for one that the board does not know. */
export type Answer = { readonly said: string; readonly code: number } | undefined;

export interface FakeUbootOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Commands beside those that the board has; the first that answers does. */
  readonly command?: (line: string, board: FakeUboot) => Answer;
  /** True for a board that says nothing at all. */
  readonly isDead?: boolean;
}

export interface FakeUboot {
  readonly env: Map<string, string>;
  /** Command lines as they arrived. */
  readonly lines: string[];
  readonly powered: string[];
  /** Leaves U-Boot: from now on lines go to this, and what it returns is said. */
  boot(banner: string, shell: (line: string) => string): void;
  /** The children of upstream's driver. */
  readonly children: { readonly power: ServedDriver; readonly serial: ServedDriver };
}

const prompt = "=> ";

/** A board with U-Boot on its serial line, as far as a test of what talks to it needs one. It echoes as U-Boot does. */
export function createFakeUboot({ env = {}, command, isDead = false }: FakeUbootOptions = {}): FakeUboot {
  const variables = new Map(Object.entries(env));
  const lines: string[] = [];
  const powered: string[] = [];
  const listeners = new Set<ByteStream>();
  let state: "off" | "countdown" | "prompt" | ((line: string) => string) = "off";
  let input = "";
  let code = 0;

  const say = (text: string): void => {
    if (!isDead) for (const listener of listeners) listener.write(text.replaceAll("\n", "\r\n"));
  };
  const own = (line: string): Answer => {
    const [word = "", name = "", ...rest] = line.split(" ");
    if (word === "printenv") {
      const value = variables.get(name);
      if (value === undefined) return { said: `## Error: "${name}" not defined\n`, code: 1 };
      return { said: `${name}=${value}\n`, code: 0 };
    }
    if (word === "setenv") {
      if (rest.length === 0) variables.delete(name);
      else variables.set(name, rest.join(" ").replace(/^'(.*)'$/, "$1"));
      return { said: "", code: 0 };
    }
    if (line === "echo $?") return { said: `${code}\n`, code: 0 };
    if (word === "sleep" || word === "true") return { said: "", code: 0 };
    if (word === "false") return { said: "", code: 1 };
    return undefined;
  };
  const run = (line: string): void => {
    for (const part of line.match(/(?:'[^']*'|[^;'])+/g) ?? []) {
      const each = part.trim();
      if (each === "" || each.startsWith("#")) continue;
      const answer = command?.(each, board) ??
        own(each) ?? { said: `Unknown command '${each}' - try 'help'\n`, code: 1 };
      say(answer.said);
      code = answer.code;
    }
  };
  const take = (character: string): void => {
    if (state === "off") return;
    if (state === "countdown") {
      state = "prompt";
      return say(`\n${prompt}`);
    }
    if (character !== "\n") {
      // An escape that begins no sequence is a character as any other, and echoed.
      input += character;
      return say(character);
    }
    const line = input;
    input = "";
    say("\n");
    if (typeof state === "function") return say(state(line));
    lines.push(line);
    run(line);
    // A command may have booted something else, which the compiler cannot see.
    if ((state as unknown) === "prompt") say(prompt);
  };

  const board: FakeUboot = {
    env: variables,
    lines,
    powered,
    boot(banner, shell) {
      state = shell;
      say(banner);
    },
    children: {
      power: serve(power, {
        on() {
          powered.push("on");
          state = "countdown";
          say("\nU-Boot 2023.01 (Jan 01 2023)\n\nHit any key to stop autoboot:  2 ");
        },
        off() {
          powered.push("off");
          state = "off";
        },
        async *read() {
          yield { voltage: 12, current: 1 };
        },
      }),
      serial: serve(serial, {
        connect() {
          const pair = createStreamPair();
          listeners.add(pair.far);
          pair.far.on("data", (chunk: Buffer) => {
            for (const character of chunk.toString()) take(character);
          });
          return pair.near;
        },
      }),
    },
  };
  return board;
}
