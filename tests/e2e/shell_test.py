"""What only a real shell and a real terminal show: completion that completes, and colours."""

import os
import pty
import select
import subprocess
from pathlib import Path

import pytest

from conftest import PROGRAM

RED = b"\033[31m"
BASH = """
export PATH="$1:$PATH"
shift
source <(tidemill completion bash)
[ "$(complete -p tidemill)" = "complete -o default -F _tidemill tidemill" ] || echo "not registered"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_tidemill
printf '%s\\n' "${COMPREPLY[@]}"
"""
# What zsh's own _bash_complete does around a function for bash; it filters the words later.
ZSH = """
export PATH="$1:$PATH"
shift
autoload -U +X compinit && compinit -u -D
source <(tidemill completion zsh)
COMP_WORDS=("$@") words=("$@") CURRENT=$#
COMP_CWORD=$(($# - 1))
compgen -F _tidemill -- "${words[CURRENT]}"
"""
SHELLS = {"bash": ["bash", "-c", BASH], "zsh": ["zsh", "-f", "-c", ZSH]}


def completed(shell, folder, *words):
    """What the shell offers for the last of these words; nothing: it completes names of files."""
    bin_dir = folder / "bin"
    bin_dir.mkdir(exist_ok=True)
    if not (bin_dir / "tidemill").exists():
        (bin_dir / "tidemill").symlink_to(Path(PROGRAM).resolve())
    done = subprocess.run([*SHELLS[shell], shell, bin_dir, "tidemill", *words], cwd=folder,
                          capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return [word for word in done.stdout.splitlines() if word and word.startswith(words[-1])]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("words, offered", [
    (["mo"], ["models"]),
    (["models", "pro"], ["promote"]),
    (["-C", "run", "variables", "g"], ["get"]),
    (["--project-dir=shop", "models", "li"], ["list"]),
    (["run", "--fr"], ["--from"]),
    (["models", "list", "--out"], ["--output"]),
    (["models", "list", "-C", "shop", "--na"], ["--name"]),
    (["models", "list", "-o", "json", "--na"], ["--name"]),
    (["models", "compare", "1", "3", "--o"], ["--output"]),
    (["run", "--from", "2026-11-01", "--t"], ["--to"]),
    (["run", "--from", "=", "2026-11-01", "--t"], ["--to"]),  # as bash parts --from=2026-11-01
    (["run", "--force", "--t"], ["--to"]),
    (["predict", "customers.csv", "--m"], ["--model"]),
    (["predict", "cust"], []),
    (["predict", "--model", "models:/churn/1", "cust"], []),
    (["-C", "mo"], []),
    (["variables", "get", "models", "--js"], ["--json"]),
    (["variables", "get", "-d", "set", "key", "--js"], ["--json"]),
])
def test_a_shell_completes(tmp_path, shell, words, offered):
    assert completed(shell, tmp_path, *words) == offered


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_offers_every_command(tmp_path, shell):
    usage = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True).stdout
    commands = usage.split("Subcommands:\n")[1].split("\n\n")[0].splitlines()
    names = [line.split()[0] for line in commands if line[2] != " "]
    assert len(names) > 10
    assert set(names) <= set(completed(shell, tmp_path, ""))


def on_a_terminal(*arguments, **environment):
    """What the program writes to a terminal that is its stdout and stderr."""
    primary, secondary = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=secondary,
                               stderr=secondary, env={**kept, "TERM": "xterm", **environment})
    os.close(secondary)
    written = b""
    while select.select([primary], [], [], 60)[0]:
        try:
            block = os.read(primary, 65536)
        except OSError:  # Linux: nobody holds the other side any more
            break
        if not block:
            break
        written += block
    os.close(primary)
    return process.wait(timeout=60), written


def test_an_error_is_red_on_a_terminal(tmp_path):
    code, written = on_a_terminal("-C", tmp_path, "models", "list")
    assert code == 4
    assert written.startswith(RED + b"error:\033[0m ")


def test_a_usage_error_is_red_on_a_terminal():
    code, written = on_a_terminal("modles")
    assert code == 2
    assert written.startswith(RED + b"error:\033[0m unknown command 'modles'")


def test_an_empty_no_color_means_nothing(tmp_path):
    _, written = on_a_terminal("-C", tmp_path, "models", "list", NO_COLOR="")
    assert written.startswith(RED)


@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
@pytest.mark.parametrize("arguments, expected", [(("models", "list"), 4), (("modles",), 2)])
def test_who_wants_no_colours_gets_none(tmp_path, setting, arguments, expected):
    code, written = on_a_terminal("-C", tmp_path, *arguments, **setting)
    assert code == expected
    assert written.startswith(b"error: ")
    assert b"\033" not in written


def test_a_file_or_a_pipe_gets_no_colours(tmp_path):
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    done = subprocess.run([PROGRAM, "-C", tmp_path, "models", "list"], capture_output=True, check=False,
                          env=kept)
    assert done.returncode == 4
    assert b"\033" not in done.stdout + done.stderr


def test_a_dumb_terminal_gets_no_progress_bar(empty_churn):
    code, written = on_a_terminal("-C", empty_churn.folder, "generate", "--date", "2026-11-01", TERM="dumb")
    assert code == 0
    assert b"\033" not in written


def test_progress_is_only_for_a_terminal(empty_churn):
    code, written = on_a_terminal("-C", empty_churn.folder, "run", "--date", "2026-11-01")
    assert code == 0
    assert b"\r\033[K" in written
    done = empty_churn.run("run", "--date", "2026-11-02")
    assert "\r" not in done.stdout + done.stderr
    assert "\033" not in done.stdout + done.stderr
