import type { Input } from "./command.ts";
import { print, type Io } from "./io.ts";

/** Each asks the program itself, so that aliases and a session's devices are completed too. */
const scripts: Readonly<Record<string, string>> = {
  bash: `_jumpstarter_complete() {
  local IFS=$'\\n' candidates
  candidates=$("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
  if [[ $candidates == __files__ ]]; then
    compopt -o filenames
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
  else
    COMPREPLY=($candidates)
  fi
}
complete -F _jumpstarter_complete jmp j`,
  zsh: `#compdef jmp j
_jumpstarter_complete() {
  local -a candidates
  candidates=("\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $candidates == __files__ ]]; then
    _files
  else
    compadd -a candidates
  fi
}
compdef _jumpstarter_complete jmp j`,
  fish: `function __jumpstarter_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l candidates ($words[1] __complete $words[2..-1] 2>/dev/null)
  if test "$candidates" = __files__
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $candidates
  end
end
complete -c jmp -f -a '(__jumpstarter_complete)'
complete -c j -f -a '(__jumpstarter_complete)'`,
};

export function printCompletionScript(input: Input, io: Io): void {
  print(io, scripts[input.word("SHELL")] ?? "");
}
