import type { Io } from "../io.ts";

export interface Prompt {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What makes a shell show where it is connected to. It starts without the user's own files, which would hide that. */
export function promptOf(shell: string, context: string, env: Io["env"]): Prompt {
  switch (shell) {
    case "bash":
      return {
        args: ["--norc", "--noprofile"],
        env: { PS1: `\\[\\e[90m\\]\\W \\[\\e[93m\\]⚡\\[\\e[97m\\]${context} \\[\\e[93m\\]➤\\[\\e[0m\\] ` },
      };
    case "zsh": {
      const history = env["HISTFILE"] ?? `${env["HOME"] ?? ""}/.zsh_history`;
      return {
        args: ["--no-rcs", "-o", "inc_append_history", "-o", "share_history"],
        env: { PS1: `%F{8}%1~ %F{yellow}⚡%F{white}${context} %F{yellow}➤%f `, HISTFILE: history },
      };
    }
    case "fish":
      return {
        args: [
          "--init-command",
          `function fish_prompt; set_color brblack; printf '%s ' (basename $PWD); set_color yellow; printf '⚡'; set_color white; printf '${context} '; set_color yellow; printf '➤ '; set_color normal; end`,
        ],
        env: {},
      };
    default:
      return { args: [], env: {} };
  }
}
