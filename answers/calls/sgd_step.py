"""Small calls of `sgd_step`, for questions about one's own code."""

w = tensor([1., 2.], requires_grad=True)
b = tensor([5.], requires_grad=True)
w.grad = tensor([2., 4.])

(sgd_step([w], 0.5), w.tolist())[1]
(sgd_step([w], 0.), w.tolist())[1]
(sgd_step([w], 1.), sgd_step([w], 1.), w.tolist())[2]
(sgd_step([w, b], 0.1), w.tolist(), b.tolist())[1:]
(sgd_step([b], 0.1), b.tolist())[1]
(sgd_step([w, b], 1.), w.grad.tolist())[1]
(sgd_step([w], 0.5), w.requires_grad)[1]
