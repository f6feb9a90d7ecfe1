"""Small calls of `build_vocab`, for questions about one's own code."""

build_vocab("abba")
build_vocab("hello")
build_vocab("ba a")
build_vocab("")
build_vocab("aA")
build_vocab("c\nb")
