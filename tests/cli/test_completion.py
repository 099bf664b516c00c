"""Words that complete what is typed, as the shells ask for them."""

import shutil
import subprocess

import pytest

from tests.cli.program import PATIENCE_SECONDS, Program


def words(cli: Program, line: str, **variables: str) -> list[str]:
    """What the program answers to the scripts of all shells, without the help behind each word."""
    asked = {
        "_MODELYARD_COMPLETE": "complete_fish",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_ARGS": line,
    }
    ended = cli(**asked, **variables)
    assert ended.err == ""
    return [word.partition("\t")[0] for word in ended.out.splitlines() if word]


def in_bash(cli: Program, line: str) -> list[str]:
    """What bash would offer at the end of a line, by the script that it is given; words split as bash splits them."""
    script = f"""
    eval "$(modelyard completion bash)"
    compopt() {{ :; }}
    COMP_LINE={line!r} COMP_POINT={len(line)}
    COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
    _modelyard
    printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    return run_shell(cli, ["bash", "--norc", "-c", script])


def run_shell(cli: Program, command: list[str]) -> list[str]:
    ended = subprocess.run(
        command, env=cli.environment(), capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS
    )
    assert ended.stderr == ""
    return ended.stdout.split()


def test_commands_are_completed_without_importing_them(cli: Program) -> None:
    assert words(cli, "modelyard re") == ["rename", "request", "requests", "reject", "restore"]


def test_names_versions_stages_and_aliases_come_from_the_registry(cli: Program, churn: str) -> None:
    assert words(cli, f"modelyard show {churn[:-2]}") == [churn]
    assert words(cli, f"modelyard show {churn}:") == [
        f"{churn}:{ref}" for ref in ("1", "2", "3", "latest", "production", "staging")
    ]
    assert words(cli, f"modelyard show {churn}@n") == [f"{churn}@next"]
    assert words(cli, f"modelyard promote {churn}:3 sta") == ["staging"]


def test_a_registry_that_is_not_there_completes_nothing_and_says_nothing(cli: Program) -> None:
    assert words(cli, "modelyard show chu", MODELYARD_URL="http://127.0.0.1:1") == []
    assert words(cli, "modelyard show chu", MODELYARD_URL="nonsense") == []


def test_options_are_completed(cli: Program) -> None:
    assert words(cli, "modelyard rollback churn --dr") == ["--dry-run"]


def test_bash_completes_behind_a_colon_though_it_splits_words_there(cli: Program, churn: str) -> None:
    assert in_bash(cli, f"modelyard show {churn}:pro") == ["production"]
    assert in_bash(cli, "modelyard promo") == ["promote"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_one_that_it_takes(cli: Program, shell: str) -> None:
    script = cli("completion", shell).said()
    assert "modelyard" in script
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed, so its script was not read by it")
    subprocess.run([program, "-n"], input=script, text=True, check=True, timeout=PATIENCE_SECONDS)


def test_an_unknown_shell_is_misuse(cli: Program) -> None:
    assert cli("completion", "ksh").code == 2


def test_zsh_offers_words_with_what_they_are_for(cli: Program, churn: str) -> None:
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    script = f"""
    compdef() {{ :; }}
    _files() {{ print files; }}
    _describe() {{ print -rl -- ${{(P)2}}; }}
    eval "$(modelyard completion zsh)"
    words=(modelyard show {churn}:pro) CURRENT=3
    _modelyard
    """
    assert run_shell(cli, ["zsh", "-f", "-c", script]) == [f"{churn}\\:production"]


def test_fish_offers_words_with_what_they_are_for(cli: Program, churn: str) -> None:
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")
    script = f"modelyard completion fish | source; complete --do-complete 'modelyard show {churn}:pro'"
    assert run_shell(cli, ["fish", "--no-config", "-c", script]) == [f"{churn}:production"]
