"""What indexes of letters are made of, for the migrations that make them."""

from django.db.models import Func, Value
from django.db.models.functions import Upper

TEXTS = Func(
    Upper("name"),
    Value("\n"),
    Upper("description"),
    arg_joiner=" || ",
    template="text_grams(%(expressions)s, '{2,3}')",
)


def called_in_parallel(mark: str) -> str:
    """SAFE while an index is made, which several processes then do, and UNSAFE when it is there.

    To begin such a process takes longer than most searches.
    """
    return f"""
    ALTER FUNCTION text_grams(text, integer[]) PARALLEL {mark};
    ALTER FUNCTION owned_grams(bigint, bigint[]) PARALLEL {mark};
    """
