"""Commands in texts of the console are shown as code."""

from config.templatetags.code_marks import code


def test_what_stands_between_backticks_is_code() -> None:
    assert code("Run `a <b>`, or <c>.") == "Run <code>a &lt;b&gt;</code>, or &lt;c&gt;."
    assert code("It's one ` alone.") == "It&#x27;s one ` alone."
