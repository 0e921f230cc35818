/** Completion scripts, static: they call nothing when a key is pressed. Pure. */
import type { CommandWords, FlagWords } from './tree.ts';

/** The shells. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** One of the shells. */
export type Shell = (typeof SHELLS)[number];

/** The script for a shell; file names complete wherever nothing better is known. */
export function completionScript(shell: Shell, commands: readonly CommandWords[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(commands);
    case 'zsh':
      return zshScript(commands);
    case 'fish':
      return fishScript(commands);
    default:
      throw new Error(`no such shell: ${String(shell satisfies never)}`);
  }
}

function bashScript(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ name, flags, choices }) => {
    const words = [...choices, ...flags.flatMap(flagWords)];
    return `    ${name}) words="${words.join(' ')}" ;;`;
  });
  return `# bash completion of kanmon; load it by: source <(kanmon completion bash)
_kanmon() {
  local words current=\${COMP_WORDS[COMP_CWORD]}
  if ((COMP_CWORD == 1)); then
    words="${commands.map(({ name }) => name).join(' ')}"
  else
    case \${COMP_WORDS[1]} in
    help) words="${commands.map(({ name }) => name).join(' ')}" ;;
${cases.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _kanmon kanmon
`;
}

function zshScript(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ name, flags, choices }) => {
    const specs = flags.map((flag) => `      ${quote(zshSpec(flag))}`);
    const rest = choices.length > 0 ? `1:value:(${choices.join(' ')})` : '*:file:_files';
    return `    ${name}) _arguments \\\n${[...specs, `      ${quote(rest)}`].join(' \\\n')} ;;`;
  });
  return `#compdef kanmon
# zsh completion of kanmon; load it by: source <(kanmon completion zsh)
_kanmon() {
  local -a commands=(
${commands.map(({ name, description }) => `    ${quote(`${name}:${description}`)}`).join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
    help) _describe command commands ;;
${cases.join('\n')}
  esac
}
compdef _kanmon kanmon
`;
}

function fishScript(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, description, flags, choices }) => [
    `complete -c kanmon -n __fish_use_subcommand -a ${name} -d ${quote(description)}`,
    `complete -c kanmon -n '__fish_seen_subcommand_from help' -a ${name} -d ${quote(description)}`,
    ...choices.map((choice) => `complete -c kanmon -n '__fish_seen_subcommand_from ${name}' -a ${choice}`),
    ...flags.map((flag) => `complete -c kanmon -n '__fish_seen_subcommand_from ${name}' ${fishFlag(flag)}`),
  ]);
  return `# fish completion of kanmon; load it by: kanmon completion fish | source\n${lines.join('\n')}\n`;
}

function flagWords({ long, short }: FlagWords): readonly string[] {
  return short === undefined ? [long] : [short, long];
}

function zshSpec({ long, description, takesValue }: FlagWords): string {
  return `${long}[${description.replaceAll(/[[\]]/g, '\\$&')}]${takesValue ? ':value:_files' : ''}`;
}

function fishFlag({ long, short, description, takesValue }: FlagWords): string {
  const letter = short === undefined ? '' : `-s ${short.slice(1)} `;
  return `${letter}-l ${long.slice(2)}${takesValue ? ' -r' : ''} -d ${quote(description)}`;
}

/** In single quotes, which fish and zsh read alike but for the quote itself: that one becomes a typographic one. */
function quote(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
