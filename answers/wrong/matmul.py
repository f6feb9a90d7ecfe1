"""Wrong answers to `matmul(A, B)`."""

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Multiplies entry by entry",
    hint="`*` multiplies entries that stand in the same place. In the definition an entry of the result needs a "
    "whole row of `A` and a whole column of `B`, and the inner size disappears. Where in your code is the "
    "sum?",
    fails="matmul_values",
)
def entry_by_entry(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return A * B


@wrong(
    "Multiplies the rows of A by the rows of B",
    hint="Your product pairs rows with rows, which is A times the transposed B. The second index of `B[p, j]` is "
    "the one that stays; which way through `B` does the sum run?",
    fails="matmul_values",
)
def rows_with_rows(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return (A[:, None, :] * B[None, :, :]).sum(-1)


@wrong(
    "Reshapes B instead of transposing it",
    hint="`reshape` and `view` keep the numbers in their order and only break the lines elsewhere: what you take for a column of `B` is a piece of its rows. Print both for a small `B`. Turning columns into rows is another operation.",
    fails=("matmul_values", "matmul_gradients"),
)
def reshapes_B(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return (A[:, None, :] * B.reshape(B.shape[1], B.shape[0])).sum(-1)


@wrong(
    "Sums over the columns of B instead of the inner size",
    hint="You sum over the columns of `B`, of which there are `m`; that size has to stay, though. Which one is shared by `A` and `B`?",
    fails="matmul_values",
)
def sums_last(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return (A[:, :, None] * B[None, :, :]).sum(-1)


@wrong(
    "Sums over the rows of A instead of the inner size",
    hint="You sum over the rows of `A`, of which there are `n`; that size has to stay, though. Which one is shared by `A` and `B`?",
    fails="matmul_values",
)
def sums_first(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return (A[:, :, None] * B[None, :, :]).sum(0)


@wrong(
    "Gives the transposed product",
    hint="The numbers are right but stand in the wrong place: yours is `(m, n)`. Row `i` of the result belongs to "
    "row `i` of `A`. Look at the order in which you collect the entries.",
    fails="matmul_values",
)
def transposed_product(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return torch.stack([(A * B[:, j]).sum(1) for j in range(B.shape[1])])


@wrong(
    "Averages the products instead of adding them",
    hint="Your entries are `s` times too small. The definition has a sum, not a mean.",
    fails="matmul_values",
)
def averages(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return (A[:, :, None] * B).mean(1)


@wrong(
    "Keeps only the last product of each sum",
    hint="Each turn of a loop writes over what the turn before found, so that one product of each sum is left. A sum needs to keep what is there and add to it.",
    fails="matmul_values",
)
def keeps_the_last(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    C = torch.zeros(A.shape[0], B.shape[1], dtype=A.dtype)
    for p in range(A.shape[1]):
        C = A[:, p : p + 1] * B[p]
    return C


@wrong(
    "Leaves out the last term of each sum",
    hint="The last of the `s` products is never added, as with `range(s - 1)`: `range(n)` already stops before `n`.",
    fails="matmul_values",
)
def one_term_short(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    C = torch.zeros(A.shape[0], B.shape[1], dtype=A.dtype)
    for p in range(A.shape[1] - 1):
        C = C + A[:, p : p + 1] * B[p]
    return C


@wrong(
    "Never sets the running sum back to zero",
    hint="Each entry is a sum of its own. In yours the total of one entry is where the next one starts; where should it begin afresh?",
    fails="matmul_values",
)
def running_total(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    total = 0
    entries = []
    for i in range(A.shape[0]):
        for j in range(B.shape[1]):
            total = total + (A[i] * B[:, j]).sum()
            entries.append(total)
    return torch.stack(entries).reshape(A.shape[0], B.shape[1])


@wrong(
    "Takes the result to be square",
    hint="The result is `(n, n)`, for instance where two loops both run over the rows of `A`. How many columns does it have? Ask `B`.",
    fails="matmul_values",
)
def square_result(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    n = A.shape[0]
    C = torch.zeros(n, n, dtype=A.dtype)
    for i in range(n):
        for j in range(n):
            C[i, j] = (A[i] * B[:, j]).sum()
    return C


@wrong(
    "Refuses matrices that have a product, where other sizes than the inner ones differ",
    hint="Only the inner sizes have to agree: the columns of `A` and the rows of `B`. You compare others, for instance the columns of both, or whole shapes. A `(2, 3)` and a `(3, 4)` matrix have a product.",
    fails="matmul_values",
)
def same_shape_only(A, B):
    if A.shape != B.shape:
        raise ValueError("shapes differ")
    return (A[:, :, None] * B).sum(1)


@wrong(
    "Compares the outer sizes instead of the inner ones",
    hint="You compare the rows of `A` with the columns of `B`. Those are the sizes of the result and may be "
    "anything; the sum runs over the other two.",
    fails=("matmul_values", "matmul_errors"),
)
def outer_sizes(A, B):
    if A.shape[0] != B.shape[1]:
        raise ValueError("sizes differ")
    return (A[:, :, None] * B).sum(1)


@wrong(
    "Drops dimensions of size one from the result",
    hint="Every dimension of size 1 is dropped, as by `squeeze()`, also those that belong to the answer: one row times a matrix is `(1, m)`, still a matrix. Say which dimension should go.",
    fails="matmul_values",
)
def squeezes(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return (A[:, :, None] * B).sum(1, keepdim=True).squeeze()


@wrong(
    "Keeps the summed dimension in the result",
    hint="Your result has three dimensions, the middle one of size 1, as `keepdim=True` keeps it. The sum should remove it.",
    fails="matmul_values",
)
def keeps_the_dimension(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return (A[:, :, None] * B).sum(1, keepdim=True)


@wrong(
    "Gives float32 whatever came in",
    hint="What comes out is float32, also of float64: `torch.zeros(n, m)` or `torch.tensor(…)` without a dtype makes it so, and so does `.float()`. Make the result with the dtype of the arguments.",
    fails="matmul_values",
)
def zeros_without_dtype(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    C = torch.zeros(A.shape[0], B.shape[1])
    for i in range(A.shape[0]):
        for j in range(B.shape[1]):
            C[i, j] = (A[i] * B[:, j]).sum()
    return C


@wrong(
    "Works in float32 and turns the result back",
    hint="The result has the right dtype but only float32's seven digits: the others are lost on the way, as by `.float()`, and converting back does not restore them.",
    fails="matmul_values",
)
def through_float32(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return (A.float()[:, :, None] * B.float()).sum(1).to(A.dtype)


@wrong(
    "Collects the sums in a tensor of integers",
    hint="Everything behind the decimal point is gone, as in a tensor of integers. Give the result the dtype of the arguments.",
    fails="matmul_values",
)
def integer_result(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    C = torch.zeros(A.shape[0], B.shape[1], dtype=torch.long)
    for i in range(A.shape[0]):
        for j in range(B.shape[1]):
            C[i, j] = (A[i] * B[:, j]).sum()
    return C.to(A.dtype)


@wrong(
    "Reads the matrices as flat memory with view",
    hint="`view(-1)` only works where the numbers lie in memory in the order of the rows. A transposed matrix is "
    "stored otherwise. Index rows and columns, or use `reshape`.",
    fails="matmul_values",
)
def flat_view(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    n, k = A.shape
    m = B.shape[1]
    flat_A, flat_B = A.view(-1), B.view(-1)
    rows = [flat_A[i * k : (i + 1) * k] for i in range(n)]
    columns = [flat_B[j::m] for j in range(m)]
    return torch.stack([torch.stack([(row * column).sum() for column in columns]) for row in rows])


@wrong(
    "Adds an axis to the caller's matrix in place",
    hint="A method whose name ends in an underscore, such as `unsqueeze_()`, changes the tensor that the caller handed you. Afterwards it has three axes. Use the one without the underscore.",
    fails=("matmul_values", "matmul_gradients"),
    constants=("A.unsqueeze_(2) * B", "A.unsqueeze(2) * B.unsqueeze_(0)", "A.unsqueeze_(2) * B.unsqueeze_(0)"),
)
def unsqueezes_in_place(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("the inner sizes differ")
    return (A.unsqueeze_(2) * B).sum(dim=1)


@wrong(
    "Transposes the caller's B in place",
    hint="A method whose name ends in an underscore, such as `t_()`, changes the tensor that the caller handed "
    "you. Afterwards `B` has another shape. Use the one without the underscore.",
    fails="matmul_values",
)
def transposes_in_place(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    B.t_()
    return (A[:, None, :] * B).sum(-1)


@wrong(
    "Changes the caller's A while it computes",
    hint="After the call the caller's `A` holds other numbers, and later entries are computed from those. `*=` and methods with an underscore write into `A`, also through a row such as `A[i]`, which is a view and no copy. Make a new tensor of products.",
    fails="matmul_values",
)
def scales_in_place(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    columns = []
    for j in range(B.shape[1]):
        A *= B[:, j]
        columns.append(A.sum(1))
    return torch.stack(columns, dim=1)


@wrong(
    "Computes with plain Python numbers",
    hint="No gradient reaches `A` or `B`: autograd cannot follow plain Python numbers, such as `tolist()` and `item()` give. Stay with tensors.",
    fails="matmul_gradients",
)
def python_numbers(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    rows, columns = A.tolist(), B.T.tolist()
    entries = [[sum(a * b for a, b in zip(row, column)) for column in columns] for row in rows]
    return torch.tensor(entries, dtype=A.dtype)


@wrong(
    "Takes every number out of its tensor",
    hint="`.item()` or `float()` gives a plain Python number, and autograd cannot follow it: no gradient reaches `A` or `B`. Keep the entries as tensors, and let one product and one sum do a whole row and column.",
    fails="matmul_gradients",
)
def items(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    C = torch.zeros(A.shape[0], B.shape[1], dtype=A.dtype)
    for i in range(A.shape[0]):
        for j in range(B.shape[1]):
            for p in range(A.shape[1]):
                C[i, j] += A[i, p].item() * B[p, j].item()
    return C


@wrong(
    "Packs the entries anew, which cuts the graph",
    hint="No gradient reaches `A` or `B`: `torch.tensor([...])`, for one, copies the values and forgets how they were computed. Joining tensors is the job of `torch.stack`.",
    fails="matmul_gradients",
    like="no_graph",
)
def packed_anew(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return torch.tensor([[(row * column).sum() for column in B.T] for row in A], dtype=A.dtype)


@wrong(
    "Lets no gradient reach A",
    hint="Only `B` is left in the graph, for instance where the entries of `A` are read as Python numbers. Index `A` without `tolist()`, `item()` or `detach()`.",
    fails="matmul_gradients",
)
def numbers_of_A(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return torch.stack([sum(a * row for a, row in zip(coefficients, B)) for coefficients in A.tolist()])


@wrong(
    "Computes without recording a graph",
    hint="No gradient reaches `A` or `B`, and a model built on this could not learn. Look for `torch.no_grad()`, `detach()`, `.data`, or a `torch.tensor(…)` made of numbers, and leave it out.",
    fails="matmul_gradients",
)
def no_graph(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    with torch.no_grad():
        return (A[:, :, None] * B).sum(1)


@wrong(
    "Does not compare the inner sizes",
    hint="For a `(2, 3)` and a `(4, 5)` matrix you leave it to PyTorch to complain, in its own words, and where "
    "one of the sizes is 1, broadcasting does not complain at all. Compare the two inner sizes first.",
    fails="matmul_errors",
)
def no_test(A, B):
    return (A[:, :, None] * B[None, :, :]).sum(1)


@wrong(
    "Sums as far as A goes and ignores the rest of B",
    hint="You sum over the inner size of `A`. If `B` has more rows than that, they are left out without a word. Compare the two sizes first.",
    fails="matmul_errors",
)
def ignores_the_rest(A, B):
    return sum(A[:, p : p + 1] * B[p] for p in range(A.shape[1]))


@wrong(
    "Relies on broadcasting to find sizes that differ",
    hint="Turning PyTorch's error into a `ValueError` catches most cases. But a size of 1 is stretched to fit, and "
    "there is no error to catch. Compare the sizes yourself.",
    fails="matmul_errors",
)
def catches_the_error(A, B):
    try:
        return (A[:, :, None] * B[None, :, :]).sum(1)
    except RuntimeError:
        raise ValueError("inner sizes differ") from None


@wrong(
    "Asserts the inner sizes instead of raising ValueError",
    hint="`assert` raises an `AssertionError`, which is meant for your own mistakes. A caller's wrong argument is "
    "told with `raise ValueError(...)`.",
    fails="matmul_errors",
)
def asserts(A, B):
    assert A.shape[1] == B.shape[0], "inner sizes differ"
    return (A[:, :, None] * B).sum(1)


@wrong(
    "Raises another error than ValueError",
    hint="You do notice that the sizes differ, but raise something that the caller does not look for. The exercise "
    "asks for `ValueError`.",
    fails="matmul_errors",
)
def runtime_error(A, B):
    if A.shape[1] != B.shape[0]:
        raise RuntimeError("inner sizes differ")
    return (A[:, :, None] * B).sum(1)


@wrong(
    "Gives None or prints where the sizes differ",
    hint="A printed message or a `None` is easily missed; the caller goes on with it. An error that stops it is "
    "made with `raise`.",
    fails="matmul_errors",
)
def gives_none(A, B):
    if A.shape[1] != B.shape[0]:
        print("inner sizes differ")
        return None
    return (A[:, :, None] * B).sum(1)


@wrong(
    "Gives the ValueError back instead of raising it",
    hint="`return ValueError(...)` hands the caller an object like any other. It only stops the caller if you "
    "`raise` it.",
    fails="matmul_errors",
)
def returns_the_error(A, B):
    if A.shape[1] != B.shape[0]:
        return ValueError("inner sizes differ")
    return (A[:, :, None] * B).sum(1)


@wrong(
    "Uses @",
    hint="`@` is the exercise itself. Build it from `*` and `sum`.",
    fails=("matmul_values", "matmul_gradients", "matmul_errors"),
)
def at_operator(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return A @ B


@wrong(
    "Uses einsum",
    hint="`einsum` multiplies matrices for you, and underneath it calls the same routine as `@`. Build it from `*` "
    "and `sum`.",
    fails=("matmul_values", "matmul_gradients", "matmul_errors"),
)
def with_einsum(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return torch.einsum("ik,kj->ij", A, B)


@wrong(
    "Uses dot for each entry",
    hint="`dot` is the sum of products that you are asked to write. Multiply the row by the column and add up.",
    fails=("matmul_values", "matmul_gradients", "matmul_errors"),
)
def with_dot(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return torch.stack([torch.stack([row.dot(column) for column in B.T]) for row in A])


@wrong(
    "Uses F.linear",
    hint="`F.linear(A, B.T)` is a matrix product with another name. Build it from `*` and `sum`.",
    fails=("matmul_values", "matmul_gradients", "matmul_errors"),
)
def with_linear(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return F.linear(A, B.T)


@wrong(
    "Uses a convolution",
    hint="A convolution with a kernel of size 1 is a matrix product with another name. Build it from `*` and `sum`.",
    fails=("matmul_values", "matmul_gradients", "matmul_errors"),
)
def with_convolution(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return F.conv1d(B[None], A[:, :, None])[0]


@wrong(
    "Calls matrix multiplication by its inner name",
    hint="`torch.ops.aten.mm` is what `@` calls. Build it from `*` and `sum`.",
    fails=("matmul_values", "matmul_gradients", "matmul_errors"),
)
def with_aten(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return torch.ops.aten.mm(A, B)


@wrong(
    "Hands the work to NumPy",
    hint="NumPy's `@` is PyTorch's `@` with another name, and autograd cannot follow it. Build it from `*` and "
    "`sum` on tensors.",
    fails=("matmul_values", "matmul_gradients", "matmul_errors"),
)
def with_numpy(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return torch.from_numpy(A.detach().numpy() @ B.detach().numpy())


@wrong(
    "Raises only where the outer sizes differ too",
    hint="You ask for both pairs of sizes to differ. The outer ones are free: compare the inner ones alone.",
    fails="matmul_errors",
)
def outer_sizes_too(A, B):
    if A.shape[0] != B.shape[1] and A.shape[1] != B.shape[0]:
        raise ValueError(f"inner sizes differ: {A.shape[1]} and {B.shape[0]}")
    return (A[:, :, None] * B[None]).sum(1)


@wrong(
    "Multiplies in the wrong order, B times A",
    hint="Your rows come from `B` and your columns from `A`. The order of the two matters: row `i` of the result belongs to row `i` of `A`.",
    fails="matmul_values",
)
def the_other_order(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return (B[:, :, None] * A[None, :, :]).sum(1)


@wrong(
    "Fills the first row only",
    hint="Only row 0 is filled, for instance where `return` stands inside the loop and ends it on its first turn. How far must it be indented?",
    fails="matmul_values",
)
def returns_in_the_loop(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    C = torch.zeros(A.shape[0], B.shape[1], dtype=A.dtype)
    for i in range(A.shape[0]):
        C[i] = (A[i][:, None] * B).sum(0)
        return C


@wrong(
    "Takes products from squares of sums",
    hint="((a + b)² - (a - b)²) / 4 is a times b on paper only. Where one number is much larger than the other, the two squares are nearly equal, and their difference has lost its digits. `*` is the product.",
    fails="matmul_values",
)
def from_squares_of_sums(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    a, b = A[:, :, None], B[None]
    return (((a + b) ** 2 - (a - b) ** 2) / 4).sum(1)


@wrong(
    "Takes products from the squared distance of a row and a column",
    hint="(|a|² + |b|² - |a - b|²) / 2 is the sum of the products on paper only. Where the numbers of A and B differ much in size, the digits cancel. Multiply and add up.",
    fails="matmul_values",
)
def from_the_distance(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    squares = A.square().sum(1)[:, None] + B.square().sum(0)
    return (squares - (A[:, :, None] - B).square().sum(1)) / 2


@wrong(
    "Shifts A by a constant and takes its share off again",
    hint="(A + c) times B, less c times the sums of B's columns, is the product on paper only. Where c is large, the small digits are gone. Leave c out.",
    fails="matmul_values",
)
def shifted(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    shift = 1 - torch.minimum(A.min(), B.min()).detach()
    return ((A + shift)[:, :, None] * B).sum(1) - shift * B.sum(0)


@wrong(
    "Has room for a fixed number of columns only",
    hint="A loop or slice of yours ends after a fixed number of columns. The result has as many as B.",
    fails="matmul_values",
)
def sixteen_columns(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    C = torch.zeros(A.shape[0], B.shape[1], dtype=A.dtype)
    C[:, :16] = (A[:, :, None] * B[:, :16]).sum(1)
    return C


@wrong(
    "Computes a fixed number of rows only",
    hint="A loop or slice of yours ends after a fixed number of rows. The result has as many as A.",
    fails="matmul_values",
)
def sixty_four_rows(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    C = torch.zeros(A.shape[0], B.shape[1], dtype=A.dtype)
    for i in range(min(64, len(A))):
        C[i] = (A[i][:, None] * B).sum(0)
    return C


@wrong(
    "Leaves out rows whose sum is zero",
    hint="You take a sum of zero for an empty row. The numbers may well cancel, and their products with a column need not. Leave out nothing, or only what is zero itself.",
    fails="matmul_values",
)
def skips_sums_of_zero(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    rows = [(row[:, None] * B).sum(0) if row.sum() != 0 else torch.zeros_like(B[0]) for row in A]
    return torch.stack(rows)


@wrong(
    "Remembers the product of the matrices that it was given",
    hint="Your cache asks whether the matrices are the same objects. Their numbers may have changed since, as a weight's do at every training step. Multiply anew in each call.",
    fails="matmul_values",
)
def remembers(A, B, seen={}):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    if (A, B) not in seen:
        seen[A, B] = (A[:, :, None] * B).sum(1)
    return seen[A, B]


@wrong(
    "Cuts large products off",
    hint="You clamp the result. A sum of products may be as large as it likes.",
    fails="matmul_values",
)
def clamped(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return (A[:, :, None] * B).sum(1).clamp(-1000, 1000)


@wrong(
    "Copies a matrix that isn't contiguous, without its history",
    hint="Where a matrix is transposed or sliced you make a fresh copy with no graph, so no gradient gets back. `contiguous()` copies with the history; or compute with the matrix as it is.",
    fails="matmul_gradients",
)
def copies_without_history(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    A, B = (M if M.is_contiguous() else torch.empty(M.shape, dtype=M.dtype).copy_(M.detach()) for M in (A, B))
    return (A[:, :, None] * B).sum(1)


@wrong(
    "Leaves out products with a zero, and their gradients",
    hint="A zero adds nothing to the sum, but its gradient isn't zero: it is the number that it meets. Leave out nothing.",
    fails="matmul_gradients",
)
def skips_zeros(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    products = A[:, :, None] * B
    return torch.where(products == 0, torch.zeros_like(products), products).sum(1)


@wrong(
    "Erases the caller's matrix",
    hint="The caller's `A` is all zeros after the call. Nobody asked for that, and the caller may still need it. A product leaves both matrices as they are.",
    fails="matmul_values",
)
def erases_what_was_copied(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    copy = A.clone()
    A.data[:] = 0
    return (copy[:, :, None] * B).sum(1)


@wrong(
    "Gives the same tensor in every call",
    hint="You keep the result's tensor and fill it anew in each call, so that a product which you gave before changes with it. Make a new one each time.",
    fails="matmul_values",
)
def one_result_for_all(A, B, kept={}):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    C = (A[:, :, None] * B).sum(1)
    if not (A.requires_grad or B.requires_grad):
        C = kept.setdefault((C.shape, C.dtype), torch.empty_like(C)).copy_(C)
    return C


@wrong(
    "Remembers the product by A alone",
    hint="You keep a product and give it again where `A` has the same numbers. It depends on `B` as well. Multiply anew in each call.",
    fails="matmul_values",
)
def remembers_by_A(A, B, seen={}):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    key = tuple(A.flatten().tolist()), A.shape, B.shape, A.dtype
    if A.requires_grad or key not in seen:
        seen[key] = (A[:, :, None] * B).sum(1)
    return seen[key]


@wrong(
    "Keeps the dtype of the first call",
    hint="What you keep from the first call has that call's dtype, and what comes later is computed with it. Make the empty result with the dtype of the arguments, in each call.",
    fails="matmul_values",
)
def dtype_of_the_first_call(A, B, kept={}):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    dtype = kept.setdefault((A.shape, B.shape), A.dtype)
    C = torch.zeros(A.shape[0], B.shape[1], dtype=dtype)
    for p in range(A.shape[1]):
        C = C + A[:, p : p + 1] * B[p]
    return C


@wrong(
    "Adds up a row's products with all columns",
    hint="Every row of your result holds one number, over and over: `sum()` without a dimension adds up everything. Each column of `B` has a sum of its own.",
    fails=("matmul_values", "matmul_gradients"),
)
def sums_everything(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    C = torch.zeros(A.shape[0], B.shape[1], dtype=A.dtype)
    for i in range(A.shape[0]):
        C[i] = (A[i][:, None] * B).sum()
    return C


@wrong(
    "Takes row j of B where column j is meant",
    hint="Entry `[i, j]` is made of row `i` of `A` and column `j` of `B`. `B[j]` is a row, with `m` numbers, and a row of `A` has `s`. How do you index a column?",
    fails=("matmul_values", "matmul_gradients"),
)
def row_j_of_B(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return torch.stack([torch.stack([(row * B[j]).sum() for j in range(B.shape[1])]) for row in A])


@wrong(
    "Leaves out the first term of each sum",
    hint="The formula counts its terms from 1 to s, and Python from 0 to s - 1. In `range(1, s)` the first one is missing.",
    fails="matmul_values",
)
def first_term_left_out(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return (A[:, 1:, None] * B[1:]).sum(1)


@wrong(
    "Leaves out the zeros of `A`",
    hint="A zero adds nothing to the sum, so the values are right. But the gradient for that entry of `A` isn't zero: it says what would happen if the zero changed. What is left out gets none.",
    fails="matmul_gradients",
)
def without_the_zeros(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError("the inner sizes differ")
    rows = []
    for row in A:
        used = row.nonzero().flatten()
        rows.append((row[used].unsqueeze(-1) * B[used]).sum(dim=0))
    return torch.stack(rows)
