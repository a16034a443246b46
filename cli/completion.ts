import { CliError, exitCodes } from './cli-error.ts'
import { type Command, defineCommand, type Option } from './command.ts'
import { commonOptions, requireOperands } from './read-arguments.ts'

type Word = { name: string; summary: string }

const shells = { bash: forBash, zsh: forZsh, fish: forFish }

/** `pickup completion`: of `commands`, and of `programs`, which have options of their own. */
export const createCompletionCommand = (
  commands: () => readonly Command[],
  programs: readonly Word[],
): Command =>
  defineCommand({
    name: 'completion',
    summary: 'print the completion of a shell',
    operands: Object.keys(shells).join('|'),
    examples: [
      ['completion bash >> ~/.bashrc', 'for bash'],
      ['completion zsh >> ~/.zshrc', 'for zsh, behind compinit'],
      ['completion fish > ~/.config/fish/completions/pickup.fish', 'for fish'],
    ],
    options: {},
    async run({ operands }, { output }) {
      requireOperands(operands, 'the name of a shell')
      const shell = Object.entries(shells).find(([name]) => name === operands[0])
      if (!shell) throw new CliError('usage', `there is completion for ${Object.keys(shells).join(', ')}`)
      output.raw(shell[1](commands(), programs))
      return exitCodes.ok
    },
  })

const optionsOf = ({ options }: Command) => Object.entries<Option>({ ...options, ...commonOptions })
const flagsOf = (command: Command) => optionsOf(command).map(([name]) => `--${name}`)

function forBash(commands: readonly Command[], programs: readonly Word[]): string {
  const names = [...commands, ...programs].map(({ name }) => name).join(' ')
  return `_pickup() {
  local word=\${COMP_WORDS[COMP_CWORD]} words=
  if [ "$COMP_CWORD" = 1 ]; then words='${names}'
  elif [[ $word == -* ]]; then case \${COMP_WORDS[1]} in
${commands.map(command => `    ${command.name}) words='${flagsOf(command).join(' ')}' ;;`).join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _pickup pickup
`
}

function forZsh(commands: readonly Command[], programs: readonly Word[]): string {
  const quoted = ({ name, summary }: Word) => `'${name}:${summary.replaceAll("'", '’')}'`
  return `_pickup() {
  if (( CURRENT == 2 )); then
    local -a commands=(${[...commands, ...programs].map(quoted).join(' ')})
    _describe command commands
  elif [[ $words[CURRENT] == -* ]]; then case $words[2] in
${commands.map(command => `    ${command.name}) compadd -- ${flagsOf(command).join(' ')} ;;`).join('\n')}
  esac; else _files; fi
}
compdef _pickup pickup
`
}

function forFish(commands: readonly Command[], programs: readonly Word[]): string {
  const quoted = (text: string) => `'${text.replaceAll("'", '’')}'`
  return [
    ...[...commands, ...programs].map(
      ({ name, summary }) =>
        `complete -c pickup -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
    ),
    ...commands.flatMap(command =>
      optionsOf(command).map(
        ([name, { type, help }]) =>
          `complete -c pickup -n '__fish_seen_subcommand_from ${command.name}' -l ${name}${type === 'string' ? ' -r' : ''} -d ${quoted(help)}`,
      ),
    ),
    '',
  ].join('\n')
}
