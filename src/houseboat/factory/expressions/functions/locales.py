"""Names and patterns of the cultures that ``formatDateTime`` knows.

Source: CLDR, through the answers of .NET's invariant globalization on ICU. A culture that is not in this table is
refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass

from houseboat.factory.expressions.scope import Refused


@dataclass(frozen=True)
class Culture:
    """Day and month names, the am and pm marks, and the patterns of the one-letter formats."""

    days: tuple[str, ...]
    short_days: tuple[str, ...]
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    short_date: str
    long_date: str
    short_time: str
    long_time: str
    month_day: str
    year_month: str
    halves: tuple[str, str] = ("AM", "PM")
    era: str = "AD"


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ENGLISH_DAYS = _names("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
_ENGLISH_MONTHS = _names("January February March April May June July August September October November December")
_SHORT_DAYS = tuple(name[:3] for name in _ENGLISH_DAYS)
_SHORT_MONTHS = tuple(name[:3] for name in _ENGLISH_MONTHS)

ENGLISH = Culture(
    _ENGLISH_DAYS, _SHORT_DAYS, _ENGLISH_MONTHS, _SHORT_MONTHS,
    "M/d/yyyy", "dddd, MMMM d, yyyy", "h:mmtt", "h:mm:sstt", "MMMM d", "MMMM yyyy",
)  # fmt: skip

CULTURES: dict[str, Culture] = {
    "": ENGLISH,
    "en": ENGLISH,
    "en-us": ENGLISH,
    "en-gb": Culture(
        _ENGLISH_DAYS, _SHORT_DAYS, _ENGLISH_MONTHS, (*_SHORT_MONTHS[:8], "Sept", *_SHORT_MONTHS[9:]),
        "dd/MM/yyyy", "dddd, d MMMM yyyy", "HH:mm", "HH:mm:ss", "d MMMM", "MMMM yyyy", ("am", "pm"),
    ),
    "de-de": Culture(
        _names("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag"), _names("Mo Di Mi Do Fr Sa So"),
        _names("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
        _names("Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez."),
        "dd.MM.yyyy", "dddd, d. MMMM yyyy", "HH:mm", "HH:mm:ss", "d. MMMM", "MMMM yyyy", era="n. Chr.",
    ),
    "fr-fr": Culture(
        _names("lundi mardi mercredi jeudi vendredi samedi dimanche"), _names("lun. mar. mer. jeu. ven. sam. dim."),
        _names("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
        _names("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."),
        "dd/MM/yyyy", "dddd d MMMM yyyy", "HH:mm", "HH:mm:ss", "d MMMM", "MMMM yyyy", era="ap. J.-C.",
    ),
    "es-es": Culture(
        _names("lunes martes miércoles jueves viernes sábado domingo"), _names("lun mar mié jue vie sáb dom"),
        _names("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
        _names("ene feb mar abr may jun jul ago sept oct nov dic"),
        "d/M/yyyy", "dddd, d 'de' MMMM 'de' yyyy", "H:mm", "H:mm:ss", "d 'de' MMMM", "MMMM 'de' yyyy",
        ("a.\u00a0m.", "p.\u00a0m."), era="d. C.",
    ),
    "it-it": Culture(
        _names("lunedì martedì mercoledì giovedì venerdì sabato domenica"), _names("lun mar mer gio ven sab dom"),
        _names("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"),
        _names("gen feb mar apr mag giu lug ago set ott nov dic"),
        "dd/MM/yyyy", "dddd d MMMM yyyy", "HH:mm", "HH:mm:ss", "d MMMM", "MMMM yyyy", era="d.C.",
    ),
    "nl-nl": Culture(
        _names("maandag dinsdag woensdag donderdag vrijdag zaterdag zondag"), _names("ma di wo do vr za zo"),
        _names("januari februari maart april mei juni juli augustus september oktober november december"),
        _names("jan feb mrt apr mei jun jul aug sep okt nov dec"),
        "dd-MM-yyyy", "dddd d MMMM yyyy", "HH:mm", "HH:mm:ss", "d MMMM", "MMMM yyyy", ("a.m.", "p.m."), "n.Chr.",
    ),
    "pt-br": Culture(
        _names("segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo"),
        _names("seg. ter. qua. qui. sex. sáb. dom."),
        _names("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"),
        _names("jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez."),
        "dd/MM/yyyy", "dddd, d 'de' MMMM 'de' yyyy", "HH:mm", "HH:mm:ss", "d 'de' MMMM", "MMMM 'de' yyyy", era="d.C.",
    ),
}  # fmt: skip


def culture(name: str) -> Culture:
    """The culture of this name, in any case. Raises ``Refused``."""
    found = CULTURES.get(name.lower())
    if found is None:
        known = ", ".join(key for key in CULTURES if key)
        raise Refused(f"the locale '{name}' is not known here; known are {known}")
    return found
