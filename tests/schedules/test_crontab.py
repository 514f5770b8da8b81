import time
from typing import Any

import pytest

from schedules.crontab import (
    COLUMNS,
    LONGEST_TEXT,
    MOST_LINES,
    CronJob,
    InvalidLine,
    read_crontab,
    read_fields,
)

SECRET = "hunter2"
ZONE = "Europe/Berlin"


def job_of(line: str, **options: Any) -> CronJob:
    (job,) = read_crontab(line, ZONE, **options).jobs
    return job


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("minute", "*", set(range(60))),
        ("minute", "07", {7}),
        ("minute", "5,10,5", {5, 10}),
        ("minute", "*/7", {0, 7, 14, 21, 28, 35, 42, 49, 56}),
        ("minute", "10-30/15", {10, 25}),
        ("minute", "1-3,*/30", {0, 1, 2, 3, 30}),
        ("minute", "*/90", {0}),
        ("hour", "22-23", {22, 23}),
        ("day of the month", "*/10", {1, 11, 21, 31}),
        ("month", "jan,JUL", {1, 7}),
        ("month", "Oct-dec/2", {10, 12}),
        ("day of the week", "7", {0}),
        ("day of the week", "5-7", {5, 6, 0}),
        ("day of the week", "mon-fri", {1, 2, 3, 4, 5}),
        ("day of the week", "sun", {0}),
        ("day of the week", "*/2", {0, 2, 4, 6}),
    ],
)
def test_field_names_these_numbers(column: str, text: str, expected: set[int]) -> None:
    names = [each.name for each in COLUMNS]
    texts = ["*"] * len(names)
    texts[names.index(column)] = text

    fields = read_fields(" ".join(texts))

    all_five = (fields.minutes, fields.hours, fields.days, fields.months, fields.weekdays)
    assert all_five[names.index(column)] == expected


@pytest.mark.parametrize(
    ("expression", "either_day", "by_the_clock"),
    [
        ("0 0 1 * mon", True, False),
        ("0 0 * * mon", False, False),
        ("0 0 */2 * mon", False, False),
        ("0 0 1 * */2", False, False),
        ("0 0 1-31 * mon", True, False),
        ("*/5 0 1 * *", False, True),
        ("0 */2 1 * *", False, True),
        ("0-59 0-23 1 * *", False, False),
    ],
)
def test_stars_at_the_beginning_of_a_field_count(
    expression: str, either_day: bool, by_the_clock: bool
) -> None:
    fields = read_fields(expression)

    assert (fields.either_day, fields.by_the_clock) == (either_day, by_the_clock)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("60 * * * *", "The minute must be from 0 to 59."),
        ("* 24 * * *", "The hour must be from 0 to 23."),
        ("* * 0 * *", "The day of the month must be from 1 to 31."),
        ("* * * 13 *", "The month must be from 1 to 12, or jan to dec."),
        ("* * * * 8", "The day of the week must be from 0 to 7, or sun to sat."),
        ("* * * january *", "The month must be from 1 to 12, or jan to dec."),
        ("mon * * * *", "The minute must be from 0 to 59."),
        ("* 22-2 * * *", "The hour has a range that ends before it begins."),
        ("* * * * fri-sun", "The day of the week has a range that ends before it begins."),
        ("5/10 * * * *", "The minute has a step behind a single number; cron wants * or a range before it."),
        ("*/0 * * * *", "The minute has a step that is no positive number."),
        ("*/x * * * *", "The minute has a step that is no positive number."),
        ("1,, * * * *", "The minute must be *, or numbers, ranges such as 1-5, and lists of these."),
        ("-5 * * * *", "The minute must be *, or numbers, ranges such as 1-5, and lists of these."),
        ("\u0661 * * * *", "The minute must be *, or numbers, ranges such as 1-5, and lists of these."),
        ("* * ? * *", "The day of the month must be *, or numbers, ranges such as 1-5, and lists of these."),
        (f"{'9' * 5000} * * * *", "The minute must be from 0 to 59."),
        (
            "* 0~5 * * *",
            "The hour is random (~): write the time that it is to be, and spread launches by jitter_seconds.",
        ),
    ],
)
def test_field_that_cannot_be_read_is_named(expression: str, message: str) -> None:
    with pytest.raises(InvalidLine) as caught:
        read_fields(expression)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("line", "expression"),
    [
        ("30 2 * * * backup", "30 2 * * *"),
        ("  30\t2  * * *\tbackup --all\r", "30 2 * * *"),
        ("30 2 * * *", "30 2 * * *"),
        ("-30 2 * * * backup", "30 2 * * *"),
        ("@daily backup", "@daily"),
        ("*/5 * * * * A=1 backup", "*/5 * * * *"),
    ],
)
def test_line_with_a_job(line: str, expression: str) -> None:
    job = job_of(line)

    assert (job.line, job.expression, job.timezone, job.error) == (1, expression, ZONE, "")
    assert job.fields is not None


@pytest.mark.parametrize(("word", "same"), [("@midnight", "@daily"), ("@annually", "0 0 1 1 *")])
def test_words_for_times(word: str, same: str) -> None:
    assert job_of(f"{word} x").fields == job_of(f"{same} x").fields


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"@reboot {SECRET}", "Nothing is launched because a host has started (@reboot)."),
        (f"@{SECRET} x", "and no other word with @."),
        (f"mysql -p{SECRET}", "It has fewer than five fields."),
        (f"mysql -p{SECRET} < a b c", "The minute must be from 0 to 59."),
        (f"0 {SECRET} * * * x", "The hour must be from 0 to 23."),
        (f"0 0 12 * * * {SECRET}", "It has six fields of times"),
    ],
)
def test_line_that_cannot_be_read_is_not_quoted(line: str, message: str) -> None:
    job = job_of(line)

    assert message in job.error
    assert (job.fields, job.expression) == (None, "")
    assert SECRET not in repr(job)


def test_nothing_of_a_command_or_a_value_is_kept() -> None:
    crontab = read_crontab(
        f"KEY={SECRET}\nCRON_TZ={SECRET}\n0 0 * * * curl {SECRET}\nCRON_TZ=\n@daily {SECRET}", ZONE
    )

    assert [variable.name for variable in crontab.variables] == ["KEY", "CRON_TZ", "CRON_TZ"]
    assert len(crontab.jobs) == 2
    assert SECRET not in repr(crontab)


def test_lines_are_counted_with_those_that_say_nothing() -> None:
    crontab = read_crontab("# m h\n\n0 1 * * * a\n   # 0 2 * * * b\nMAILTO=x\n0 3 * * * c\n", ZONE)

    assert [job.line for job in crontab.jobs] == [3, 6]
    assert [variable.line for variable in crontab.variables] == [5]


def test_time_zone_is_that_of_the_line_above() -> None:
    text = '0 1 * * * a\nCRON_TZ="Asia/Tokyo"\n0 1 * * * b\nCRON_TZ = nowhere\n0 1 * * * c\nCRON_TZ=\n0 1 * * * d'

    jobs = read_crontab(text, ZONE).jobs

    assert [(job.timezone, job.error) for job in jobs] == [
        (ZONE, ""),
        ("Asia/Tokyo", ""),
        (ZONE, "The CRON_TZ of line 4 is not the name of a time zone."),
        (ZONE, ""),
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0 1 * * * sleep $((RANDOM \\% 600)); x", 600),
        ("0 1 * * * sleep $(( RANDOM % 600 )) && x", 600),
        ("0 1 * * * sleep 600", 0),
        ("RANDOM_DELAY=45\n0 1 * * * x", 2700),
        ("RANDOM_DELAY=45\n0 1 * * * sleep $((RANDOM \\% 600))", 3300),
        ("RANDOM_DELAY=1440\n0 1 * * * sleep $((RANDOM \\% 600))", 86_400),
        ("RANDOM_DELAY=45\nRANDOM_DELAY=1441\n0 1 * * * x", 0),
        ("RANDOM_DELAY=soon\n0 1 * * * x", 0),
    ],
)
def test_random_delays_are_jitter(text: str, seconds: int) -> None:
    assert job_of(text).jitter_seconds == seconds


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("flock -n /run/x.lock x", ["overlap_policy"]),
        ("/usr/bin/flock --nonblock /run/x.lock x", ["overlap_policy"]),
        ("flock /run/x.lock x", []),
        ("timeout 300 x", ["timeout"]),
        ("mail -s report ops%body", ["http_body"]),
        ("date +\\%F", []),
        ("sleep $((RANDOM \\% 600)); x", ["jitter_seconds"]),
        ("x", []),
    ],
)
def test_what_a_command_says_beside_its_work_is_noted(command: str, words: list[str]) -> None:
    notes = job_of(f"0 1 * * * {command}").notes

    assert len(notes) == len(words)
    assert all(word in note for word, note in zip(words, notes, strict=True))


def test_users_stand_before_commands_where_they_do() -> None:
    assert job_of("0 1 * * * root x", has_users=True).notes == (
        "Its user is a credential of the job template.",
    )
    assert job_of("@daily root", has_users=True).error == ""
    assert job_of("0 1 * * *", has_users=True).error == "There is no user behind its times."


def test_lines_are_bounded() -> None:
    with pytest.raises(InvalidLine, match="at most 1000 lines"):
        read_crontab("\n" * MOST_LINES, ZONE)


@pytest.mark.parametrize(
    "piece", ["flock ", "flock -", "sleep $((RANDOM ", "1,", "A", "@", "0 ", "* ", "-n ", "%", "="]
)
def test_long_lines_are_read_quickly(piece: str) -> None:
    begun = time.process_time()

    for before in ("0 0 * * * ", "", "A="):
        read_crontab(before + piece * (LONGEST_TEXT // len(piece)), ZONE)

    assert time.process_time() - begun < 2
