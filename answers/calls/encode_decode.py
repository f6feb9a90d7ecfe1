"""Small calls of `encode_decode`, for questions about one's own code."""

vocab = ['a', 'b', 'c']

encode("abc", vocab)
encode("cab", vocab)
encode("bb", vocab)
encode("", vocab)
decode(tensor([2, 0, 1]), vocab)
decode(tensor([1, 1]), vocab)
decode(encode("cb", vocab), vocab)
encode("ca", vocab).shape
