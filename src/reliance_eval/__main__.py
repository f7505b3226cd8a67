"""``python -m reliance_eval`` is ``reliance-eval``."""

from reliance_eval.cli import main

if __name__ == "__main__":
    main()
