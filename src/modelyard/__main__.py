"""The entry point of the command line: `modelyard`, or `python -m modelyard`."""

from dotenv import load_dotenv

from modelyard.bootstrap.commands import build_commands


def main() -> None:
    """Run a command. Variables in a file `.env` of the working folder count where the environment has none."""
    load_dotenv(".env")
    build_commands()()


if __name__ == "__main__":
    main()
