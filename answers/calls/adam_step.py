"""Small calls of `adam_step`, for questions about one's own code."""

p = tensor([1., 1.])
p.grad = tensor([2., -50.])
m = torch.zeros(2)
v = torch.zeros(2)

(adam_step(p, m, v, 1, 0.1), p.tolist())[1]
(adam_step(p, m, v, 1, 1.), p.tolist())[1]
(adam_step(p, m, v, 1, 0.1), m.tolist())[1]
(adam_step(p, m, v, 1, 0.1), v.tolist())[1]
(adam_step(p, m, v, 1, 0.1), adam_step(p, m, v, 2, 0.1), p.tolist())[2]
(adam_step(p, m, v, 1, 0.1), p.grad.tolist())[1]
