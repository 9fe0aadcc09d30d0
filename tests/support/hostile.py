"""Texts that somebody might type to break a page, and a strategy that mixes their parts."""

from __future__ import annotations

from hypothesis import strategies as st

TEXTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</div></article></main><h1>gone</h1>",
    "<!-- a comment --><b>",
    "<?php echo 1 ?><![CDATA[x]]><!DOCTYPE html>",
    "&lt;b&gt; &amp; &#60;i&#62; &#x3c; &nbsp &notit;",
    '" onmouseover="alert(1)" x="',
    "' onmouseover='alert(1)' x='",
    "*bold* _it_ **x** __y__ ~~s~~ ^a^ ==m== ++k++",
    "# heading\n## another\n\ntitle\n=====\n\nsub\n---",
    "- a\n- b\n\n1. one\n2) two\n\n* x\n+ y",
    "    code by indenting\n\tand by a tab",
    "```python\nprint(1)\n```",
    "~~~\nfence\n~~~",
    "``` {.python onclick=alert(1)}\nx\n```",
    "`code` ``more `code` `` \\`not\\`",
    "[link](javascript:alert(1)) [ref][1]\n\n[1]: http://evil.example 'title'",
    "![image](http://evil.example/x.png){ onerror=alert(1) }",
    "<http://auto.example> <mail@auto.example> http://bare.example www.bare.example",
    "{: #id .class onclick=alert(1) } {#id}",
    "{{ 7 * 7 }} {% raw %} {# x #} ${7*7} <%= 7 %>",
    '!!! danger "title"\n    inside\n\n??? note\n    x',
    "a | b\n--- | ---\n1 | 2 \\| 3",
    "term\n: definition\n\n[^1] note[^1]\n\n[^1]: foot",
    "*[HTML]: abbreviation\n\nHTML",
    '--8<-- "/etc/passwd"\n;--8<--',
    ":smile: :material-home: --- ... (c) -->",
    "---\ntitle: front matter\n---",
    "\x02wzxhzdk:0\x03 wzxhzdk:0 \x02klzzwxh:0001\x03 klzzwxh:0001 \x02amp\x03",
    "../../../etc/passwd ~/x C:\\temp %2e%2e%2f",
    "::error file=x::y\n::set-output name=a::b",
    "<!channel> <@U123> @here #channel",
    "=cmd|' /C calc'!A0",
    "line\r\nline\rline\u2028line\u0085line\x0bline\x0cline",
    "right\u202eleft zero\u200bwidth \ufeffbom",
    "e\u0301 \U0001f469\u200d\U0001f680 \U0001f1ec\U0001f1e7 ﷽ नमस्ते 中文",
    " ",
    "\n",
    "\t",
    "   padded   with    runs   ",
    "\\ \\\\ \\* \\< \\&",
    "x" * 4000,
    "[" * 200 + "](" * 200,
    "<" * 300,
    "*" * 300 + "a",
)

_PARTS = (
    *("<", ">", "</", "<!--", "-->", "&", "&#", ";", "&lt;", '"', "'", "=", "`", "```", "~~~", "\\", "\\\\"),
    *("*", "_", "**", "[", "](", ")", "![", "]:", "[^1]", "{", "}", "{:", "{{", "{%", "|", "\n|---|\n", "#", "##"),
    *("-", "- ", "1. ", "+ ", "> ", "    ", "\t", "\n", "\n\n", " ", "  ", "!!!", "???", ": ", "---", "===", "--8<--"),
    *("javascript:", "data:text/html,", "http://", "//", "script", "div", "img", "a", "onclick=x", "title", "0", "é"),
    *("\x02", "\x03", "wzxhzdk:0", "klzzwxh:0", "\u2028", "\x85", "\x0c", "\u00a0", "\u3000", "中"),
)


def texts() -> st.SearchStrategy[str]:
    """Any text, and texts made of the parts that mean something in Markdown or HTML."""
    return st.one_of(
        st.sampled_from(TEXTS),
        st.text(max_size=80),
        st.lists(st.sampled_from(_PARTS), max_size=12).map("".join),
    )
