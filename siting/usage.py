"""What the library of the command line says of its use, in the language of the user.

Typer writes its help and its errors in English. The words of the help are put in its place
of words while it writes; an error becomes a problem like any other, with its stable code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import typer
import typer.main
from typer.core import TyperArgument, TyperCommand, TyperGroup

from layers.errors import N_
from siting.errors import EXIT_DONE, Problem, SitingError, problem
from siting.i18n import Translate

_HELP_WORDS: Final = {
    "ARGUMENTS_PANEL_TITLE": N_("Arguments"),
    "OPTIONS_PANEL_TITLE": N_("Options"),
    "COMMANDS_PANEL_TITLE": N_("Commands"),
    "DEFAULT_STRING": N_("[default: {}]"),
    "REQUIRED_LONG_STRING": N_("[required]"),
}
# Kinds of values and names of arguments, as the help writes them.
_KINDS: Final = {
    "str": N_("TEXT"),
    "list[str]": N_("TEXT"),
    "int": N_("WHOLE NUMBER"),
    "float": N_("NUMBER"),
    "path": N_("PATH"),
}
_ARGUMENTS: Final = {
    "file": N_("FILE"),
    "code": N_("CODE"),
    "layer": N_("LAYER"),
    "names": N_("NAMES"),
}
_USAGE: Final = "Usage: "
# What a value is not, by the kind of error of the library that reads it.
_EXPECTED: Final = {
    "int_parsing": N_("a whole number"),
    "int_from_float": N_("a whole number"),
    "float_parsing": N_("a number"),
    "bool_parsing": N_("yes or no"),
}
_CHOICE: Final = re.compile(r" is not one of (?P<expected>'.*')\.")
_BOUNDS: Final = {"greater_than_equal": ("ge", "≥"), "less_than_equal": ("le", "≤")}
# Errors of which the library keeps nothing but the sentence.
_SENTENCES: Final = (
    (re.compile(r"Got unexpected extra arguments? ?(?:\(s\) )?\((?P<found>.*)\)"), "usage-extra"),
    (re.compile(r"No such command '(?P<found>[^']*)'\..*"), "usage-command"),
    (re.compile(r"Missing command\."), "usage-no-command"),
    (re.compile(r"Option '(?P<found>.*)' does not take a value\."), "usage-flag"),
    (re.compile(r"Option '(?P<found>.*)' requires an argument\."), "usage-value"),
)


def run_app(app: typer.Typer, words: Sequence[str], translate: Translate) -> int:
    """Run a command line whose help and errors are in the language of the user.

    Parameters
    ----------
    app
        The command line.
    words
        Words of the command.
    translate
        Language of the help and of the errors.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    SitingError
        If the words are not a command: all codes start with ``usage``.
    """
    command = typer.main.get_command(app)
    _speak(command, translate)
    try:
        status = command(args=list(words), prog_name="siting", standalone_mode=False)
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # the help was written: nothing to add
            return error.exit_code
        _tell_usage(error, translate)
        raise SitingError(usage_problem(error)) from error
    return status if isinstance(status, int) else EXIT_DONE


def usage_problem(error: typer.TyperException) -> Problem:
    """Return an error of use as a problem.

    Parameters
    ----------
    error
        The error of the library.

    Returns
    -------
    Problem
        Its code starts with ``usage``, or is that of a wrong value.

    Examples
    --------
    >>> usage_problem(typer.BadParameter("too long", param_hint="--name")).line()
    'field “--name”: the value is not valid: too long [usage-invalid]'
    """
    kind = type(error).__name__
    if kind == "MissingParameter":
        return problem("usage-missing", found=_parameter(error))
    if kind == "NoSuchOption":
        close = ", ".join(sorted(getattr(error, "possibilities", None) or ()))
        code = "usage-option-close" if close else "usage-option"
        return problem(code, found=getattr(error, "option_name", ""), expected=close)
    if isinstance(error, typer.BadParameter):
        return _wrong_value(error)
    for pattern, code in _SENTENCES:
        said = pattern.fullmatch(error.message)
        if said is not None:
            found = said.groupdict().get("found", "")
            return problem(code, found=found, expected=_commands(error))
    return problem("usage", found=error.format_message())


def _parameter(error: Any) -> str:
    """Return the name of the parameter an error is about."""
    hint = error.param_hint
    if hint is None and error.param is not None:
        hint = error.param.get_error_hint()
    if hint is None:
        return ""
    return (hint if isinstance(hint, str) else " / ".join(hint)).replace("'", "")


def _wrong_value(error: typer.BadParameter) -> Problem:
    """Say why a value is refused; the reader of values gives the reason as data."""
    field = _parameter(error) or None
    details: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    if not details:
        return problem("usage-invalid", field=field, found=error.message)
    detail = details[0]
    found, context = detail.get("input"), detail.get("ctx", {})
    if detail["type"] in _BOUNDS:
        key, sign = _BOUNDS[detail["type"]]
        return problem("value-range", field=field, found=found, expected=f"{sign} {context[key]}")
    choice = _CHOICE.search(detail["msg"])
    if choice is not None:
        expected = choice["expected"].replace("'", "")
        return problem("value-choice", field=field, found=found, expected=expected)
    if detail["type"] in _EXPECTED:
        expected = _EXPECTED[detail["type"]]
        return problem("value-type", field=field, found=found, expected=expected)
    return problem("usage-invalid", field=field, found=error.message)


def _commands(error: Any) -> str:
    context = getattr(error, "ctx", None)
    if context is None or not isinstance(context.command, TyperGroup):
        return ""
    return ", ".join(context.command.list_commands(context))


def _tell_usage(error: Any, translate: Translate) -> None:
    """Write how the command is called, and where its help is."""
    context = getattr(error, "ctx", None)
    if context is None:
        return
    typer.echo(context.get_usage(), err=True)
    command = f"{context.command_path} {context.help_option_names[0]}"
    typer.echo(translate("“{command}” tells more.").format(command=command), err=True)


def _speak(command: Any, translate: Translate) -> None:
    """Give a command and those below it the words of a language."""
    command.get_usage = partial(_usage, command.get_usage, translate)
    command.get_help = partial(_help, command, command.get_help, translate)
    for parameter in command.params:
        if isinstance(parameter, TyperArgument):
            parameter.metavar = translate(_ARGUMENTS.get(parameter.name, parameter.name))
        parameter.display_type_rich = partial(_kind, parameter, translate)
    if isinstance(command, TyperGroup):
        command.subcommand_metavar = translate("COMMAND [ARGUMENTS]...")
        for below in command.commands.values():
            _speak(below, translate)


def _kind(parameter: Any, translate: Translate, ctx: typer.Context) -> str | None:
    """Name the kind of value of a parameter; nothing for one that takes none."""
    written: str = parameter.display_type(ctx)
    kind = written.strip("<>").removesuffix(" range")
    if kind == "bool":
        return None
    return translate(_KINDS[kind]) if kind in _KINDS else written


def _usage(written: Any, translate: Translate, context: typer.Context) -> str:
    usage: str = written(context)
    return usage.replace(_USAGE, translate("Usage: "), 1)


def _help(command: TyperCommand, written: Any, translate: Translate, context: typer.Context) -> str:
    option = command.get_help_option(context)
    if option is not None:
        option.display_type_rich = partial(_kind, option, translate)  # type: ignore[method-assign]
        option.help = translate("Show this help and leave.")
    with _help_words(translate):
        text: str = written(context)
    return text


@contextmanager
def _help_words(translate: Translate) -> Iterator[None]:
    """Put the words of a language in the place of those of the library."""
    from typer import rich_utils  # noqa: PLC0415 - heavy, for the help alone

    before = {name: getattr(rich_utils, name) for name in _HELP_WORDS}
    try:
        for name, word in _HELP_WORDS.items():
            setattr(rich_utils, name, translate(word))
        yield
    finally:
        for name, word in before.items():
            setattr(rich_utils, name, word)
