"""The known answers, by the name that answers/ and other programs import them by."""

from proctor.course.answers import Answer, answers, corpus, known, put, right, solved, wrong

__all__ = ["Answer", "answers", "corpus", "known", "put", "right", "solved", "wrong"]
