"""`modelyard completion`."""

from enum import StrEnum
from typing import Annotated, Final

import typer

_ASK: Final = (
    "_MODELYARD_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args _TYPER_COMPLETE_ARGS={line} modelyard"
)
"""One protocol serves all shells: the line up to the cursor goes in, words with a tab and their help come out."""

_BASH: Final = f"""\
_modelyard() {{
    local line="${{COMP_LINE:0:COMP_POINT}}" word before IFS=$'\\n'
    word="${{line##*[[:space:]]}}"
    # bash splits words at : and =, so what stands before the last of these is not to be said again
    before="${{word%"${{word##*[:=]}}"}}"
    [[ "$COMP_WORDBREAKS" == *:* ]] || before=""
    COMPREPLY=()
    local found
    while read -r found; do
        found="${{found%%$'\\t'*}}"
        [[ -n "$found" && "$found" == "$word"* ]] && COMPREPLY+=("${{found#"$before"}}")
    done < <({_ASK.format(line='"$line"')} 2>/dev/null)
    [[ "${{COMPREPLY[*]}}" == *: || "${{COMPREPLY[*]}}" == *@ ]] && compopt -o nospace
}}
complete -o default -F _modelyard modelyard
"""

_ZSH: Final = f"""\
#compdef modelyard
_modelyard() {{
    local line="${{words[1,CURRENT]}}" found
    local -a values
    while IFS= read -r found; do
        [[ -n "$found" ]] || continue
        local word="${{${{found%%$'\\t'*}}//:/\\\\:}}" meaning=""
        [[ "$found" == *$'\\t'* ]] && meaning=":${{found#*$'\\t'}}"
        values+=("$word$meaning")
    done < <({_ASK.format(line='"$line"')} 2>/dev/null)
    if (( ${{#values}} )); then _describe modelyard values; else _files; fi
}}
if [ "$funcstack[1]" = "_modelyard" ]; then _modelyard "$@"; else compdef _modelyard modelyard; fi
"""

_FISH: Final = f"""\
complete --command modelyard --no-files --arguments '(env {_ASK.format(line="(commandline -cp)")} 2>/dev/null)'
complete --command modelyard --force-files --condition '__fish_seen_subcommand_from push pull'
"""


class Shell(StrEnum):
    """Shells that words are completed in."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


_SCRIPTS: Final = {Shell.BASH: _BASH, Shell.ZSH: _ZSH, Shell.FISH: _FISH}


def completion(shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> None:
    """Print the script that completes words in your shell.

    bash: eval "$(modelyard completion bash)" in ~/.bashrc. zsh: the same with zsh in ~/.zshrc, after compinit.
    fish: modelyard completion fish > ~/.config/fish/completions/modelyard.fish
    """
    typer.echo(_SCRIPTS[shell], nl=False)
