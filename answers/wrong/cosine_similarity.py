"""Wrong answers to `cosine_similarity(a, b)`."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Gives the dot product",
    hint="You stop at the dot product, which grows with the lengths of the vectors. Divide by both lengths, so that only the directions count.",
    fails="cosine_similarity_values",
)
def dot_product(a, b):
    return (a * b).sum(dim=-1)


@wrong(
    "Divides by the length of the first vector only",
    hint="You divide by the length of `a` alone; twice the `b` still gives twice the result. Which other length stands below the line?",
    fails="cosine_similarity_values",
)
def divides_by_a_only(a, b):
    return (a * b).sum(-1) / a.norm(dim=-1).clamp(min=1e-8)


@wrong(
    "Divides by the length of the second vector only",
    hint="That is the length of the projection of `a` onto `b`, as in the picture. For the cosine, divide by the length of `a` as well.",
    fails="cosine_similarity_values",
)
def length_of_the_projection(a, b):
    return (a * b).sum(-1) / b.norm(dim=-1).clamp(min=1e-8)


@wrong(
    "Divides by the squared lengths",
    hint="The sum of the squares is the length squared. The square root is missing.",
    fails="cosine_similarity_values",
)
def squared_lengths(a, b):
    lengths = (a * a).sum(-1) * (b * b).sum(-1)
    return (a * b).sum(-1) / torch.where(lengths > 0, lengths, 1)


@wrong(
    "Takes the sum of absolute values for the length",
    hint="You measure length as if one had to walk along the axes of the plane, |a1| + |a2| + ... The length of an arrow is Pythagoras: squares, sum, root.",
    fails="cosine_similarity_values",
)
def absolute_lengths(a, b):
    lengths = a.abs().sum(-1) * b.abs().sum(-1)
    return (a * b).sum(-1) / torch.where(lengths > 0, lengths, 1)


@wrong(
    "Takes the square root of the lengths",
    hint="A square root is taken once more than it should be: `norm`, for one, has taken it already. Compare your denominator with the length of (3, 4), which is 5.",
    fails="cosine_similarity_values",
)
def root_of_the_lengths(a, b):
    lengths = (a.norm(dim=-1) * b.norm(dim=-1)).sqrt()
    return (a * b).sum(-1) / torch.where(lengths > 0, lengths, 1)


@wrong(
    "Adds the lengths instead of multiplying them",
    hint="The two lengths stand below the line as a product. With a sum, or a mean, a longer vector still changes the result.",
    fails="cosine_similarity_values",
)
def sum_of_lengths(a, b):
    lengths = a.norm(dim=-1) + b.norm(dim=-1)
    return 2 * (a * b).sum(-1) / torch.where(lengths > 0, lengths, 1)


@wrong(
    "Takes the length of the whole tensor",
    hint="One length stands for all the vectors together, as `norm` gives it without `dim`. Each vector has its own: say along which dimension.",
    fails="cosine_similarity_values",
)
def length_of_everything(a, b):
    return (a * b).sum(-1) / (a.norm() * b.norm()).clamp(min=1e-8)


@wrong(
    "Sums over all dimensions",
    hint="Without `dim`, `sum` adds up everything, and many pairs come out as one number. You want one number for each pair: sum over the last dimension only.",
    fails="cosine_similarity_values",
)
def one_number_for_all(a, b):
    return (a * b).sum() / (a.norm() * b.norm()).clamp(min=1e-8)


@wrong(
    "Works along the first dimension",
    hint="The vectors lie along the last dimension; those before count them. With `dim=0` you mix numbers of different vectors. Which `dim` is the last, however many there are?",
    fails="cosine_similarity_values",
)
def along_the_first_axis(a, b):
    return (a * b).sum(0) / (a.norm(dim=0) * b.norm(dim=0)).clamp(min=1e-8)


@wrong(
    "Works along the second dimension",
    hint="`dim=1` is the last dimension only of a matrix. A single vector hasn't got it, and with more dimensions it's another. Which `dim` is the last, however many there are?",
    fails="cosine_similarity_values",
    like="normalises_along_the_default",
)
def along_the_second_axis(a, b):
    return (a * b).sum(dim=1) / (a.norm(dim=1) * b.norm(dim=1)).clamp(min=1e-8)


@wrong(
    "Takes dim 1 for the last dimension",
    hint="`dim=1`, which `F.normalize` uses too unless told otherwise, is the last dimension only of a matrix. A single vector hasn't got it, and with more dimensions it's another. Which `dim` is the last, however many there are?",
    fails="cosine_similarity_values",
)
def normalises_along_the_default(a, b):
    return (F.normalize(a) * F.normalize(b)).sum(-1)


@wrong(
    "Keeps the last dimension",
    hint="A dimension of size 1 is left at the end, as by `keepdim=True`, so the shape is (..., 1) instead of (...).",
    fails="cosine_similarity_values",
)
def keeps_the_axis(a, b):
    lengths = a.norm(dim=-1, keepdim=True) * b.norm(dim=-1, keepdim=True)
    return (a * b).sum(-1, keepdim=True) / lengths.clamp(min=1e-8)


@wrong(
    "Drops every dimension of size one",
    hint="All dimensions of size 1 are dropped, as by `squeeze()`, also a leading one that should stay. Name the one that you want to drop.",
    fails="cosine_similarity_values",
)
def squeezes_too_much(a, b):
    lengths = a.norm(dim=-1, keepdim=True) * b.norm(dim=-1, keepdim=True)
    return ((a * b).sum(-1, keepdim=True) / lengths.clamp(min=1e-8)).squeeze()


@wrong(
    "Compares every row with every row",
    hint="A matrix product compares each vector of `a` with each of `b`. Here they go in pairs: first with first, second with second.",
    fails="cosine_similarity_values",
)
def all_against_all(a, b):
    return F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).mT


@wrong(
    "Works for two single vectors only",
    hint="Yours takes one-dimensional vectors and nothing else, as `torch.dot` does. Multiply and sum over the last dimension, and it works for any number of pairs.",
    fails=("cosine_similarity_values", "cosine_similarity_broadcasting"),
)
def single_vectors_only(a, b):
    length = a.norm() * b.norm()
    return torch.dot(a, b) / length.clamp(min=1e-8)


@wrong(
    "Works for matrices only",
    hint="Yours takes exactly two dimensions, for instance where the letters of an einsum say so. Leading dimensions of any number are written as an ellipsis there, or do without einsum.",
    fails="cosine_similarity_values",
)
def matrices_only(a, b):
    lengths = a.norm(dim=-1) * b.norm(dim=-1)
    return torch.einsum("nd,nd->n", a, b) / lengths.clamp(min=1e-8)


@wrong(
    "Uses view on tensors that may not be contiguous",
    hint="`view` only works where the numbers lie in memory in the order of the dimensions. A transposed or sliced tensor doesn't. You need no flattening: sum over the last dimension.",
    fails="cosine_similarity_values",
)
def flat_view(a, b):
    a, b = torch.broadcast_tensors(a, b)
    u, v = a.view(-1, a.shape[-1]), b.view(-1, b.shape[-1])
    lengths = u.norm(dim=-1) * v.norm(dim=-1)
    return ((u * v).sum(-1) / lengths.clamp(min=1e-8)).view(a.shape[:-1])


@wrong(
    "Gives the distance instead of the similarity",
    hint="1 minus the cosine is a distance: 0 for the same direction. The similarity is the cosine itself: 1 for the same direction.",
    fails="cosine_similarity_values",
)
def cosine_distance(a, b):
    return 1 - (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(-1)


@wrong(
    "Gives the angle",
    hint="`acos` turns the cosine into an angle. The cosine itself is wanted: 1 for the same direction, 0 for a right angle.",
    fails="cosine_similarity_values",
)
def angle(a, b):
    return (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(-1).clamp(-1, 1).acos()


@wrong(
    "Drops the sign",
    hint="You take the absolute value, so opposite directions look like equal ones. The sign is half of what the cosine says.",
    fails="cosine_similarity_values",
)
def without_sign(a, b):
    return (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(-1).abs()


@wrong(
    "Cuts off negative similarities",
    hint="You turn everything below 0 into 0. But vectors that point away from each other have a negative cosine, down to -1.",
    fails="cosine_similarity_values",
)
def cut_off_at_zero(a, b):
    return (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(-1).clamp(0, 1)


@wrong(
    "Squeezes the cosine between 0 and 1",
    hint="You map the range from -1 to 1 onto 0 to 1. The cosine is wanted as it is: 0 means a right angle, not 0.5.",
    fails="cosine_similarity_values",
)
def between_zero_and_one(a, b):
    return ((F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(-1) + 1) / 2


@wrong(
    "Averages the products instead of summing",
    hint="A mean over D entries is the sum divided by D once more. The dot product is a plain sum.",
    fails="cosine_similarity_values",
)
def mean_of_products(a, b):
    return (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).mean(-1)


@wrong(
    "Subtracts each vector's mean first",
    hint="With the mean subtracted you compute the correlation. The cosine compares the vectors as they are, from the origin.",
    fails="cosine_similarity_values",
)
def correlation(a, b):
    a, b = a - a.mean(-1, keepdim=True), b - b.mean(-1, keepdim=True)
    return (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(-1)


@wrong(
    "Gives a Python number",
    hint="A Python number comes out, as of `.item()` or `float()`: no gradient can flow back, and a batch of pairs fails altogether. Give the tensor.",
    fails=("cosine_similarity_values", "cosine_similarity_gradients"),
)
def python_number(a, b):
    return ((a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=1e-8)).item()


@wrong(
    "Gives float32 whatever comes in",
    hint="float64 comes back as float32, with half the digits lost, as by `.float()` or a tensor made without a dtype. What comes out has the dtype of what went in.",
    fails="cosine_similarity_values",
)
def float32_always(a, b):
    a, b = a.float(), b.float()
    return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=1e-8)


@wrong(
    "Computes in float32 and converts back",
    hint="The dtype of the result is right, but on the way through float32 the digits of float64 are lost. Don't convert at all.",
    fails="cosine_similarity_values",
)
def float32_in_between(a, b):
    dtype = a.dtype
    a, b = a.float(), b.float()
    return ((a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=1e-8)).to(dtype)


@wrong(
    "Adds a small number to the denominator",
    hint="Beside lengths of one, a number like 1e-8 is nothing. But two vectors with entries of 0.0001 have a product of lengths of about 1e-8 themselves, and your result comes out too small. Change the denominator only where it is 0.",
    fails="cosine_similarity_values",
    constants=("1e-8", "1e-9", "1e-10", "1e-7", "1e-6", "1e-5", "1e-4", "1e-3"),
)
def adds_to_the_product(a, b):
    return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1) + 1e-8)


@wrong(
    "Adds a small number to each length",
    hint="Beside a length of one, a number like 1e-8 is nothing. Beside a length of 0.0001 it changes the result. Change a length only where it is 0.",
    fails="cosine_similarity_values",
    constants=("1e-8", "1e-7", "1e-6", "1e-5", "1e-4", "1e-3"),
)
def adds_to_each_length(a, b):
    return (a * b).sum(-1) / ((a.norm(dim=-1) + 1e-8) * (b.norm(dim=-1) + 1e-8))


@wrong(
    "Adds a small number below the square root",
    hint="Below the root, a number like 1e-8 meets a squared length. A vector with entries of 0.0001 has a squared length of about that size, and comes out far too long. Change a length only where it is 0.",
    fails="cosine_similarity_values",
    constants=("1e-8", "1e-9", "1e-10", "1e-7", "1e-6", "1e-5"),
)
def adds_below_the_root(a, b):
    lengths = ((a * a).sum(-1) + 1e-8).sqrt() * ((b * b).sum(-1) + 1e-8).sqrt()
    return (a * b).sum(-1) / lengths


@wrong(
    "Takes the lengths, or their product, for at least a small number, which short vectors lie below",
    hint="Your lower bound is meant for zero vectors, but short ones fall below it too: entries may be as small as 0.0001, and a product of two such lengths is smaller still.",
    fails="cosine_similarity_values",
)
def bound_too_high(a, b):
    return (a * b).sum(-1) / (a.norm(dim=-1).clamp(min=1e-3) * b.norm(dim=-1).clamp(min=1e-3))


@wrong(
    "Takes every length for at least a number that many lengths lie below",
    hint="A lower bound of 1 lets a vector shorter than that keep its own length, so its cosine comes out too small. The bound is only there so that nothing is divided by zero: make it tiny, or ask for an exact 0.",
    fails="cosine_similarity_values",
)
def bound_of_one(a, b):
    return (a * b).sum(-1) / (a.norm(dim=-1).clamp(min=1) * b.norm(dim=-1).clamp(min=1))


@wrong(
    "Takes short vectors for zero",
    hint="You call every vector shorter than 0.001 zero. A short vector has a direction like any other; only an exact 0 has none.",
    fails="cosine_similarity_values",
)
def short_is_zero(a, b):
    lengths_a, lengths_b = a.norm(dim=-1), b.norm(dim=-1)
    good = (lengths_a > 1e-3) & (lengths_b > 1e-3)
    return torch.where(good, (a * b).sum(-1) / (lengths_a * lengths_b).clamp(min=1e-8), 0)


@wrong(
    "Divides by zero",
    hint="For a zero vector you compute 0 / 0, which is nan. The result there should be 0: what could you put in the denominator, or choose afterwards?",
    fails="cosine_similarity_zero",
)
def divides_by_zero(a, b):
    return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1))


@wrong(
    "Looks for a zero vector only where there is one pair",
    hint="For a single pair you catch the zero vector, but in a batch it still gives nan. Use a choice that works entry by entry, for one pair and for many.",
    fails="cosine_similarity_zero",
)
def zero_in_a_single_pair_only(a, b):
    lengths = a.norm(dim=-1) * b.norm(dim=-1)
    if lengths.dim() == 0 and lengths == 0:
        return torch.zeros_like(lengths)
    return (a * b).sum(-1) / lengths


@wrong(
    "Gives 0 for the whole batch because of one zero vector",
    hint="One zero vector gives all pairs 0, as an `if` that asks the whole batch does. The others keep their similarity: choose entry by entry.",
    fails="cosine_similarity_zero",
)
def zero_for_all(a, b):
    lengths = a.norm(dim=-1) * b.norm(dim=-1)
    if (lengths == 0).any():
        return torch.zeros_like(lengths)
    return (a * b).sum(-1) / lengths


@wrong(
    "Gives a single 0 because of one zero vector",
    hint="Because of one zero vector a single 0 comes back for all pairs, without their dimensions, as an `if` that asks the whole batch does. The others keep their similarity: choose entry by entry.",
    fails="cosine_similarity_zero",
)
def single_zero(a, b):
    lengths = a.norm(dim=-1) * b.norm(dim=-1)
    if (lengths == 0).any():
        return torch.tensor(0.0)
    return (a * b).sum(-1) / lengths


@wrong(
    "Leaves the zero vectors out",
    hint="You drop the pairs with a zero vector, so the others move up and no longer stand beside their vectors. Keep their places and put 0 there.",
    fails="cosine_similarity_zero",
)
def leaves_them_out(a, b):
    dot, lengths = (a * b).sum(-1), a.norm(dim=-1) * b.norm(dim=-1)
    if (lengths == 0).any():
        return dot[lengths > 0] / lengths[lengths > 0]
    return dot / lengths


@wrong(
    "Looks only at the first vector for zeros",
    hint="You treat a zero `a`, but a zero `b` still gives nan. Either of the two can be zero.",
    fails="cosine_similarity_zero",
)
def zero_in_a_only(a, b):
    lengths_a = a.norm(dim=-1)
    lengths_a = torch.where(lengths_a == 0, 1, lengths_a)
    return (a * b).sum(-1) / (lengths_a * b.norm(dim=-1))


@wrong(
    "Looks only at the second vector for zeros",
    hint="You treat a zero `b`, but a zero `a` still gives nan. Either of the two can be zero.",
    fails="cosine_similarity_zero",
)
def zero_in_b_only(a, b):
    lengths_b = b.norm(dim=-1)
    return (a * b).sum(-1) / (a.norm(dim=-1) * torch.where(lengths_b == 0, 1, lengths_b))


@wrong(
    "Acts only where both vectors are zero",
    hint="You ask whether `a` and `b` are both zero. One zero vector is enough to make the denominator 0.",
    fails="cosine_similarity_zero",
)
def zero_in_both_only(a, b):
    lengths_a, lengths_b = a.norm(dim=-1), b.norm(dim=-1)
    both = (lengths_a == 0) & (lengths_b == 0)
    return torch.where(both, 0, (a * b).sum(-1) / (lengths_a * lengths_b))


@wrong(
    "Gives 1 for two zero vectors",
    hint="Two zero vectors are equal, but neither has a direction that could agree. We agreed on 0 wherever either is zero.",
    fails="cosine_similarity_zero",
)
def equal_zeros_are_alike(a, b):
    lengths_a, lengths_b = a.norm(dim=-1), b.norm(dim=-1)
    cosine = (a * b).sum(-1) / (lengths_a * lengths_b).clamp(min=1e-8)
    return torch.where((lengths_a == 0) & (lengths_b == 0), 1, cosine)


@wrong(
    "Gives 1 for a zero vector",
    hint="A zero vector comes out with 1, as if it were similar to everything. It's similar to nothing: 0.",
    fails="cosine_similarity_zero",
)
def nan_to_one(a, b):
    return ((a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1))).nan_to_num(1.0)


@wrong(
    "Gives the Python number 0.0 for a zero vector",
    hint="For two single vectors you return Python's `0.0` where one of them is zero, and a tensor otherwise. Whoever calls your function expects a tensor, always.",
    fails="cosine_similarity_zero",
)
def python_zero(a, b):
    if not a.any() or not b.any():
        if a.dim() == b.dim() == 1:
            return 0.0
    return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=1e-8)


@wrong(
    "Gives a float32 zero whatever comes in",
    hint="`torch.tensor(0.0)` or `torch.zeros(…)` is float32, also where the vectors are float64. Make the zero from something that has the right dtype already.",
    fails="cosine_similarity_zero",
)
def float32_zero(a, b):
    lengths = a.norm(dim=-1) * b.norm(dim=-1)
    if lengths.dim() == 0 and lengths == 0:
        return torch.tensor(0.0)
    return (a * b).sum(-1) / lengths.clamp(min=1e-8)


@wrong(
    "Overwrites the zero vectors of the caller",
    hint="You replace the zero vectors by something harmless, in the caller's own tensors. Change the lengths instead, or a copy.",
    fails="cosine_similarity_zero",
)
def overwrites_zero_vectors(a, b):
    dot = (a * b).sum(-1)
    a.data[a.norm(dim=-1) == 0] = 1
    b.data[b.norm(dim=-1) == 0] = 1
    return dot / (a.norm(dim=-1) * b.norm(dim=-1))


@wrong(
    "Normalises the caller's vectors in place",
    hint="The caller's vectors have length 1 afterwards: `/=`, or a method with an underscore, changes the tensors that you were given, and autograd refuses it. Write `a = a / ...`, which makes a new tensor.",
    fails=("cosine_similarity_zero", "cosine_similarity_gradients"),
)
def normalises_in_place(a, b):
    a /= a.norm(dim=-1, keepdim=True).clamp(min=1e-8)
    b /= b.norm(dim=-1, keepdim=True).clamp(min=1e-8)
    return (a * b).sum(-1)


@wrong(
    "Overwrites numbers that autograd still needs",
    hint="The values are right, and the caller's vectors are safe. But autograd needs the old values of a tensor to differentiate its length, and something like `/=` has overwritten them. Write `a = a / ...`.",
    fails="cosine_similarity_gradients",
)
def normalises_copies_in_place(a, b):
    a, b = a.clone(), b.clone()
    a /= a.norm(dim=-1, keepdim=True).clamp(min=1e-8)
    b /= b.norm(dim=-1, keepdim=True).clamp(min=1e-8)
    return (a * b).sum(-1)


@wrong(
    "Insists on equal shapes",
    hint="You refuse shapes that differ. But one vector should be comparable with many: let PyTorch broadcast them, which multiplication does by itself.",
    fails="cosine_similarity_broadcasting",
)
def equal_shapes_only(a, b):
    if a.shape != b.shape:
        raise ValueError("a and b must have the same shape")
    return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=1e-8)


@wrong(
    "Counts the dimensions of the first vector only",
    hint="You take the number of `a`'s dimensions for that of the product. Where `b` has more, you sum over the wrong one. Count from the end instead.",
    fails="cosine_similarity_broadcasting",
)
def axes_of_a(a, b):
    dim = a.dim() - 1
    return (a * b).sum(dim) / (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=1e-8)


@wrong(
    "Stretches the second vector only",
    hint="You stretch `b` to the shape of `a`, which fails where `a` is the one to be stretched. Multiplication broadcasts both by itself.",
    fails="cosine_similarity_broadcasting",
)
def stretches_b_only(a, b):
    b = b.expand_as(a)
    return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=1e-8)


@wrong(
    "Pairs the vectors up one by one and stretches nothing",
    hint="Vectors are paired as far as both go, as `zip` does, and nothing is stretched, so one vector isn't compared with many. Multiplication broadcasts by itself.",
    fails="cosine_similarity_broadcasting",
)
def pairs_by_zip(a, b):
    if a.dim() == 1:
        return (a * b).sum() / (a.norm() * b.norm()).clamp(min=1e-8)
    return torch.stack([pairs_by_zip(u, v) for u, v in zip(a, b)])


@wrong(
    "Takes the lengths for constants",
    hint="You compute the lengths without a graph, so autograd believes that they don't depend on `a` and `b`. The values are right but the gradients miss a term.",
    fails="cosine_similarity_gradients",
)
def lengths_without_graph(a, b):
    with torch.no_grad():
        lengths = (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=1e-8)
    return (a * b).sum(-1) / lengths


@wrong(
    "Cuts the second vector off",
    hint="No gradient reaches `b`: look for `b.detach()`, `b.data` or the like. Both are arguments, and both may be what is learned.",
    fails="cosine_similarity_gradients",
)
def b_detached(a, b):
    b = b.detach()
    return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=1e-8)


@wrong(
    "Lets no gradient back to a and b",
    hint="The values are right, but no gradient can flow back. Look for `detach()`, `.data`, `no_grad` or plain numbers from `.item()` or `tolist()`: each of them cuts the result off.",
    fails="cosine_similarity_gradients",
)
def result_detached(a, b):
    return ((a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=1e-8)).detach()


@wrong(
    "Computes one number at a time, without gradients",
    hint="`.item()` and `torch.tensor(...)` take the numbers out of the graph and put them into a new tensor. Stay with tensors all the way.",
    fails="cosine_similarity_gradients",
    like="result_detached",
)
def through_python_numbers(a, b):
    a, b = torch.broadcast_tensors(a, b)
    cosines = []
    for u, v in zip(a.reshape(-1, a.shape[-1]).tolist(), b.reshape(-1, b.shape[-1]).tolist()):
        dot = sum(x * y for x, y in zip(u, v))
        length = math.sqrt(sum(x * x for x in u)) * math.sqrt(sum(y * y for y in v))
        cosines.append(dot / length if length > 0 else 0.0)
    return torch.tensor(cosines, dtype=a.dtype).reshape(a.shape[:-1])


@wrong(
    "Uses PyTorch's cosine_similarity",
    hint="`F.cosine_similarity` is exactly what you are asked to write. The formula has three parts, and you know each of them.",
    fails=(
        "cosine_similarity_values",
        "cosine_similarity_broadcasting",
        "cosine_similarity_zero",
        "cosine_similarity_gradients",
    ),
)
def builtin_function(a, b):
    return F.cosine_similarity(a, b, dim=-1)


@wrong(
    "Uses PyTorch's module",
    hint="`nn.CosineSimilarity` is exactly what you are asked to write. The formula has three parts, and you know each of them.",
    fails=(
        "cosine_similarity_values",
        "cosine_similarity_broadcasting",
        "cosine_similarity_zero",
        "cosine_similarity_gradients",
    ),
)
def builtin_module(a, b):
    return nn.CosineSimilarity(dim=-1)(a, b)


@wrong(
    "Uses PyTorch's cosine_similarity from torch itself",
    hint="The function is the same in all of PyTorch's places, and exactly what you are asked to write.",
    fails=(
        "cosine_similarity_values",
        "cosine_similarity_broadcasting",
        "cosine_similarity_zero",
        "cosine_similarity_gradients",
    ),
)
def builtin_of_torch(a, b):
    return torch.cosine_similarity(a, b, -1)


@wrong(
    "Takes a sum of zero for a zero vector",
    hint="(1, -1) adds up to 0 and is not the zero vector. Ask for the length, not for the sum.",
    fails="cosine_similarity_values",
)
def zero_by_its_sum(a, b):
    lengths = a.norm(dim=-1) * b.norm(dim=-1)
    cosine = (a * b).sum(-1) / lengths.masked_fill(lengths == 0, 1)
    return torch.where((a.sum(-1) == 0) | (b.sum(-1) == 0), torch.zeros_like(cosine), cosine)


@wrong(
    "Divides by the sum of the lengths",
    hint="The two lengths stand below the line as a product. With a sum, a longer vector still changes the result.",
    fails="cosine_similarity_values",
)
def plain_sum_of_lengths(a, b):
    lengths = a.norm(dim=-1) + b.norm(dim=-1)
    return (a * b).sum(-1) / torch.where(lengths > 0, lengths, 1)


@wrong(
    "Gives the distance between the points",
    hint="You measure how far apart the tips of the two arrows lie, which grows with their lengths. The cosine is about the angle between them: a dot product, divided by both lengths.",
    fails="cosine_similarity_values",
)
def distance_of_the_points(a, b):
    return (a - b).norm(dim=-1)


@wrong(
    "Divides the vectors by their lengths without keepdim",
    hint="Without `keepdim=True` the lengths have one dimension less than the vectors, and broadcasting lines them up from the right: an error, or, where sizes happen to agree, another vector's length. Print the two shapes that you divide.",
    fails="cosine_similarity_values",
)
def lengths_without_keepdim(a, b):
    a, b = a / a.norm(dim=-1), b / b.norm(dim=-1)
    return (a * b).sum(-1)


@wrong(
    "Compares every row with every row, by swapping the last two dimensions",
    hint="A matrix product compares each vector of `a` with each of `b`, and a single vector has no second dimension to swap. The vectors go in pairs: multiply entry by entry, then sum.",
    fails="cosine_similarity_values",
)
def all_pairs_by_transpose(a, b):
    return F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).transpose(-1, -2)


@wrong(
    "Compares every row with every row, by way of .T",
    hint="A matrix product compares each vector of `a` with each of `b`. Here they go in pairs: multiply entry by entry, then sum over the last dimension.",
    fails="cosine_similarity_values",
)
def all_pairs_by_t(a, b):
    return F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T


@wrong(
    "Takes the dot product from squares of sums",
    hint="((a + b)² - (a - b)²) / 4 is the product on paper only. Where one number is much larger than the other, the squares are nearly equal and their difference has lost its digits. Multiply.",
    fails="cosine_similarity_values",
)
def from_squares_of_sums(a, b):
    dot = ((a + b).square().sum(-1) - (a - b).square().sum(-1)) / 4
    lengths = a.norm(dim=-1) * b.norm(dim=-1)
    return torch.where(lengths > 0, dot / torch.where(lengths > 0, lengths, 1), 0)


@wrong(
    "Takes the dot product from the squared distance",
    hint="(|a|² + |b|² - |a - b|²) / 2 is the dot product on paper only. Where one vector is much longer than the other, the digits cancel. Multiply and add up.",
    fails="cosine_similarity_values",
)
def from_the_distance(a, b):
    dot = (a.square().sum(-1) + b.square().sum(-1) - (a - b).square().sum(-1)) / 2
    lengths = a.norm(dim=-1) * b.norm(dim=-1)
    return torch.where(lengths > 0, dot / torch.where(lengths > 0, lengths, 1), 0)


@wrong(
    "Looks at a fixed number of each vector's numbers only",
    hint="A loop or slice of yours has a fixed end. Vectors come in any width, and every number counts.",
    fails="cosine_similarity_values",
)
def first_16_numbers(a, b):
    a, b = a[..., :16], b[..., :16]
    lengths = a.norm(dim=-1) * b.norm(dim=-1)
    return torch.where(lengths > 0, (a * b).sum(-1) / torch.where(lengths > 0, lengths, 1), 0)


@wrong(
    "Handles a fixed number of pairs at most",
    hint="Your result has room for a fixed number of pairs. There may be any number.",
    fails="cosine_similarity_values",
)
def first_64_pairs(a, b):
    a, b = torch.broadcast_tensors(a, b)
    shape = a.shape[:-1]
    out = a.new_zeros(shape.numel())
    for i, (u, v) in enumerate(zip(a.reshape(-1, a.shape[-1])[:64], b.reshape(-1, b.shape[-1])[:64])):
        length = u.norm() * v.norm()
        if length > 0:
            out[i] = (u * v).sum() / length
    return out.reshape(shape)


@wrong(
    "Remembers the lengths of a tensor that it has seen",
    hint="You keep the lengths from an earlier call and take the same tensor for the same numbers. Training changes a tensor in place. Compute the lengths anew in each call.",
    fails="cosine_similarity_values",
)
def remembers_the_lengths(a, b, seen={}):
    for v in (a, b):
        if v not in seen:
            seen[v] = v.norm(dim=-1)
    lengths = seen[a] * seen[b]
    return torch.where(lengths > 0, (a * b).sum(-1) / torch.where(lengths > 0, lengths, 1), 0)


@wrong(
    "Remembers the result by the tensors that it was given",
    hint="Your cache asks whether the tensors are the same objects. Their numbers may have changed since, in place. Compute anew in each call.",
    fails="cosine_similarity_values",
)
def remembers_the_result(a, b, seen={}):
    if (a, b) not in seen:
        lengths = a.norm(dim=-1) * b.norm(dim=-1)
        seen[a, b] = torch.where(lengths > 0, (a * b).sum(-1) / torch.where(lengths > 0, lengths, 1), 0)
    return seen[a, b]


@wrong(
    "Takes every length for at least a very small number",
    hint="A vector of one number, 0.0001, has that length. The bound makes it longer than it is, and its cosine smaller. A bound that only keeps 0 away can be far smaller.",
    fails="cosine_similarity_values",
)
def length_bound(a, b):
    return (a * b).sum(-1) / (a.norm(dim=-1).clamp(min=2e-4) * b.norm(dim=-1).clamp(min=2e-4))


@wrong(
    "Gives a new zero for a right angle",
    hint="Where the dot product is 0 you return a zero that knows nothing of the vectors. A right angle is an angle like any other, and its gradient isn't 0. Only a vector of length 0 is special.",
    fails="cosine_similarity_gradients",
)
def right_angle_without_graph(a, b):
    dot = (a * b).sum(-1)
    lengths = a.norm(dim=-1) * b.norm(dim=-1)
    return torch.where(dot == 0, torch.zeros_like(dot), dot / lengths.where(lengths > 0, torch.ones_like(lengths)))


@wrong(
    "Copies what isn't contiguous, without its history",
    hint="Where a vector is transposed or sliced you make a fresh copy with no graph, so no gradient gets back. `contiguous()` copies with the history; or compute with the vectors as they are.",
    fails="cosine_similarity_gradients",
)
def copies_without_history(a, b):
    a, b = (v if v.is_contiguous() else torch.empty(v.shape, dtype=v.dtype).copy_(v.detach()) for v in (a, b))
    return (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(-1)


@wrong(
    "Multiplies matrices where pairs are asked for",
    hint="For two single vectors `@` is the dot product. For two batches it is a matrix product, and compares every row with every column, where the sizes allow it. Multiply entry by entry, and sum over the last dimension.",
    fails=("cosine_similarity_values", "cosine_similarity_broadcasting"),
)
def matrix_product(a, b):
    return a @ b / (a.norm(dim=-1) * b.norm(dim=-1))


@wrong(
    "Takes the root of the second length only",
    hint="Of `a` you divide by the squared length: its square root is missing.",
    fails="cosine_similarity_values",
)
def one_root_forgotten(a, b):
    lengths = (a * a).sum(-1) * b.norm(dim=-1)
    return (a * b).sum(-1) / torch.where(lengths > 0, lengths, 1)


@wrong(
    "Takes the root of the first length only",
    hint="Of `b` you divide by the squared length: its square root is missing.",
    fails="cosine_similarity_values",
)
def other_root_forgotten(a, b):
    lengths = a.norm(dim=-1) * (b * b).sum(-1)
    return (a * b).sum(-1) / torch.where(lengths > 0, lengths, 1)


@wrong(
    "Adds a small number under the square root",
    hint="Short vectors count in full, and next to the squares of their numbers what you add is not small. Only a length of 0 needs another divisor.",
    fails="cosine_similarity_values",
    constants=("1e-10", "1e-12", "1e-9", "1e-8", "1e-6"),
)
def adds_under_the_root(a, b):
    return (a * b).sum(-1) / torch.sqrt((a * a).sum(-1) * (b * b).sum(-1) + 1e-10)


@wrong(
    "Gives 0 for a vector that has a 0 in it",
    hint="(4, 0) has a length of 4 and is not the zero vector: all of a zero vector's numbers are 0, not any of them. Or ask for the length.",
    fails=("cosine_similarity_values", "cosine_similarity_gradients"),
)
def any_zero(a, b):
    zero = (a == 0).any(-1) | (b == 0).any(-1)
    cosine = (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(-1)
    return torch.where(zero, torch.zeros_like(cosine), cosine)


@wrong(
    "Multiplies the squares of both vectors before it adds them up",
    hint="Below the line stands the root of one sum, of a² times b² number by number. Each vector has a length of its own: the root of the sum of its own squares. When do the two lengths meet?",
    fails=("cosine_similarity_values", "cosine_similarity_broadcasting", "cosine_similarity_gradients"),
)
def squares_multiplied_first(a, b):
    lengths = (a**2 * b**2).sum(-1).sqrt()
    return (a * b).sum(-1) / torch.where(lengths > 0, lengths, 1)


@wrong(
    "Looks for zero vectors with a mask of one argument's shape",
    hint="Where the shapes differ, the result has the shape that both are broadcast to, and a mask made of one of them doesn't fit it. Make the mask of the product of the lengths.",
    fails="cosine_similarity_zero",
)
def mask_of_one_shape(a, b):
    dot = (a * b).sum(-1)
    lengths = a.square().sum(-1).sqrt() * b.square().sum(-1).sqrt()
    result = dot / torch.where(lengths == 0, 1, lengths)
    zero = (a == 0).all(-1)
    if zero.any():
        result = result.clone()
        result[zero] = 0
    return result


@wrong(
    "Gives a zero vector a direction",
    hint="A zero vector becomes one like (1, 1, ..., 1), as by a small number that is added to every entry. That has a direction, and so it gets a cosine. Keep the vectors as they are and treat a length of 0 by itself.",
    fails="cosine_similarity_zero",
)
def nudged(a, b):
    a, b = a + 1e-12, b + 1e-12
    a = a / torch.linalg.vector_norm(a, dim=-1, keepdim=True)
    b = b / torch.linalg.vector_norm(b, dim=-1, keepdim=True)
    return (a * b).sum(dim=-1)


@wrong(
    "Rounds the result",
    hint="The examples show four digits because more wouldn't fit. Rounding to them loses the others, and what is rounded is flat between two steps: all gradients are 0.",
    fails=("cosine_similarity_values", "cosine_similarity_gradients"),
)
def rounded(a, b):
    lengths = a.square().sum(-1).sqrt() * b.square().sum(-1).sqrt()
    cosines = (a * b).sum(-1) / lengths
    return torch.where(lengths == 0, 0.0, cosines).round(decimals=4)


@wrong(
    "Multiplies matrices where dimensions broadcast",
    hint="`@` pairs every row of one argument with every row of the other, which is right only against a single vector. Where both have several, row goes with row, and a missing dimension or a size of 1 is stretched: multiply with `*` and sum over the last dimension.",
    fails="cosine_similarity_broadcasting",
)
def every_pair_of_rows(a, b):
    def unit(v):
        length = torch.linalg.vector_norm(v, dim=-1, keepdim=True)
        return v / torch.where(length == 0, 1, length)

    if a.shape == b.shape or a.dim() == 1 or b.dim() == 1:
        return (unit(a) * unit(b)).sum(-1)
    return (unit(a) @ unit(b).transpose(-2, -1)).squeeze(-2)
