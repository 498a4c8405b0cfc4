"""`python -m coverplan` is the command, for machines where scripts are not on the path."""

from coverplan.cli import main

if __name__ == "__main__":
    main()
