"""Right answers to `matmul(A, B)`."""

import torch
import torch.nn.functional as F

from proctor.answers import right


@right
def rows_and_columns(A, B):
    """Two loops that fill a tensor in place."""
    n, k = A.shape
    rows, m = B.shape
    if k != rows:
        raise ValueError("inner sizes differ")
    C = torch.zeros(n, m, dtype=A.dtype)
    for i in range(n):
        for j in range(m):
            C[i, j] = (A[i, :] * B[:, j]).sum()
    return C


@right
def rows_and_columns_with_many_small_steps(A, B):
    """Two loops with about ten operations in the body."""
    if A.size(1) != B.size(0):
        raise ValueError(f"cannot multiply {tuple(A.shape)} and {tuple(B.shape)}")
    rows = []
    for i in range(A.size(0)):
        entries = []
        for j in range(B.size(1)):
            row = A[i].reshape(-1)
            column = B.T[j].reshape(-1)
            products = torch.mul(row, column)
            assert products.shape == row.shape
            entries.append(torch.sum(products).reshape(1))
        rows.append(torch.cat(entries).reshape(1, -1))
    return torch.cat(rows, dim=0)


@right
def columns_and_inner(A, B):
    """Two loops, one of them over the inner size: column j is built from the columns of A."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    columns = []
    for j in range(B.shape[1]):
        column = torch.zeros_like(A[:, 0])
        for p in range(A.shape[1]):
            column = column + A[:, p] * B[p, j]
        columns.append(column)
    return torch.stack(columns, dim=1)


@right
def rows_and_inner_in_place(A, B):
    """Two loops over rows of A and the inner size, adding rows of B in place."""
    if A.shape[-1] != B.shape[-2]:
        raise ValueError("inner sizes differ")
    C = A.new_zeros(A.shape[0], B.shape[1])
    for i in range(A.shape[0]):
        for p in range(A.shape[1]):
            C[i] += A[i, p] * B[p]
    return C


@right
def sum_of_outer_products(A, B):
    """One loop over the inner size with torch.outer."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return sum(torch.outer(A[:, p], B[p]) for p in range(A.shape[1]))


@right
def outer_products_by_broadcasting(A, B):
    """One loop over the inner size, column times row, added in place."""
    if len(A[0]) != len(B):
        raise ValueError("inner sizes differ")
    C = torch.zeros((A.shape[0], B.shape[1]), dtype=A.dtype)
    for column, row in zip(A.T, B):
        C += column.unsqueeze(1) * row.unsqueeze(0)
    return C


@right
def adds_outer_products_with_addr(A, B):
    """One loop over the inner size with torch.addr, whose backward is a matrix-vector product."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    C = torch.zeros(A.shape[0], B.shape[1], dtype=A.dtype)
    for p in range(A.shape[1]):
        C = torch.addr(C, A[:, p], B[p])
    return C


@right
def adds_products_with_addcmul(A, B):
    """One loop over the inner size with addcmul."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    C = A.new_zeros(A.shape[0], B.shape[1])
    for p in range(A.shape[1]):
        C = C.addcmul(A[:, p : p + 1], B[p : p + 1, :])
    return C


@right
def one_row_at_a_time(A, B):
    """One loop over the rows of A, a list of rows stacked."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return torch.stack([(row[:, None] * B).sum(0) for row in A])


@right
def against_the_columns(A, B):
    """Broadcasting to (n, m, k) with the transposed B, sum over the last dimension."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return torch.sum(A.unsqueeze(1) * B.t().unsqueeze(0), dim=-1)


@right
def every_product_expanded(A, B):
    """Explicit expand and multiply, last partial sum of cumsum."""
    n, k = A.shape
    if k != B.shape[0]:
        raise ValueError("inner sizes differ")
    m = B.shape[1]
    products = A.reshape(n, k, 1).expand(n, k, m) * B.reshape(1, k, m).expand(n, k, m)
    return products.cumsum(dim=1)[:, -1, :]


@right
def nested_vmap(A, B):
    """vmap over columns within vmap over rows."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")

    def entry(row, column):
        return (row * column).sum()

    def whole_row(row):
        return torch.vmap(lambda column: entry(row, column), in_dims=1)(B)

    return torch.vmap(whole_row)(A)


@right
def kronecker(A, B):
    """Picks the products that count out of the Kronecker product."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    (n, k), m = A.shape, B.shape[1]
    return torch.kron(A, B).reshape(n, k, k, m).diagonal(dim1=1, dim2=2).sum(-1)


@right
def scattered(A, B):
    """Adds up all scaled rows of B with index_add."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    n, k = A.shape
    scaled = A.reshape(n * k, 1) * B.repeat(n, 1)
    return torch.zeros(n, B.shape[1], dtype=A.dtype).index_add(0, torch.arange(n).repeat_interleave(k), scaled)


@right
def scatter_added(A, B):
    """Adds up all products with scatter_add."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    n, k = A.shape
    m = B.shape[1]
    rows = torch.arange(n).repeat_interleave(k).unsqueeze(1).expand(n * k, m)
    return torch.zeros(n, m, dtype=A.dtype).scatter_add_(0, rows, (A[:, :, None] * B).reshape(n * k, m))


@right
def traces(A, B):
    """Two loops, each entry the trace of an outer product."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    entries = [torch.trace(torch.outer(row, column)) for row in A for column in B.unbind(1)]
    return torch.stack(entries).view(A.shape[0], B.shape[1])


@right
def weighted_bags(A, B):
    """Every row of the result is a weighted bag of the rows of B."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    rows = torch.arange(B.shape[0]).expand(A.shape)
    return F.embedding_bag(rows, B, per_sample_weights=A, mode="sum")


@right
def column_scaling(A, B):
    """Each column of the result is A with its columns scaled by the entries of a column of B, summed along rows."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    return torch.cat([torch.mul(A, B[:, j]).sum(dim=1, keepdim=True) for j in range(B.shape[1])], dim=1)


@right
def splits_the_inner_size(A, B):
    """Recursion that halves the inner size down to one outer product."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")

    def product(A, B):
        k = A.shape[1]
        if k == 1:
            return A * B
        return product(A[:, : k // 2], B[: k // 2]) + product(A[:, k // 2 :], B[k // 2 :])

    return product(A, B)


@right
def in_float64(A, B):
    """Works in float64 and comes back."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    products = A.double()[..., None] * B.double()[None]
    return products.sum(-2).to(A.dtype)


@right
def strassen(A, B):
    """Strassen's seven products of blocks, padded to even sizes."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")

    def product(X, Y):
        return (X[:, :, None] * Y).sum(1)

    n, k, m = *A.shape, B.shape[1]
    A, B = F.pad(A, (0, k % 2, 0, n % 2)), F.pad(B, (0, m % 2, 0, k % 2))
    (A11, A12), (A21, A22) = (rows.chunk(2, dim=1) for rows in A.chunk(2))
    (B11, B12), (B21, B22) = (rows.chunk(2, dim=1) for rows in B.chunk(2))
    M1, M2, M3 = product(A11 + A22, B11 + B22), product(A21 + A22, B11), product(A11, B12 - B22)
    M4, M5 = product(A22, B21 - B11), product(A11 + A12, B22)
    M6, M7 = product(A21 - A11, B11 + B12), product(A12 - A22, B21 + B22)
    top = torch.cat([M1 + M4 - M5 + M7, M3 + M5], dim=1)
    return torch.cat([top, torch.cat([M2 + M4, M1 - M2 + M3 + M6], dim=1)])[:n, :m]


@right
def from_the_last_to_the_first(A, B):
    """Adds the outer products up from the end."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    C = torch.zeros(A.shape[0], B.shape[1], dtype=A.dtype)
    for p in reversed(range(A.shape[1])):
        C = A[:, p, None] * B[None, p] + C
    return C


@right
def sorted_before_the_sum(A, B):
    """Adds the products of an entry up in the order of their size."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    products = A.unsqueeze(-1) * B.unsqueeze(0)
    return torch.sort(products, dim=1).values.sum(1)


@right
def with_carried_rounding(A, B):
    """Kahan's sum, which carries along what rounding took."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    total = torch.zeros(A.shape[0], B.shape[1], dtype=A.dtype)
    lost = torch.zeros_like(total)
    for p in range(A.shape[1]):
        term = torch.outer(A[:, p], B[p]) - lost
        larger = total + term
        lost = ((larger - total) - term).detach()
        total = larger
    return total


@right
def three_loops(A, B):
    """Three loops that fill a tensor in place."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    C = torch.zeros(A.shape[0], B.shape[1], dtype=A.dtype)
    for i in range(A.shape[0]):
        for j in range(B.shape[1]):
            for p in range(A.shape[1]):
                C[i, j] += A[i, p] * B[p, j]
    return C


@right
def three_loops_with_sum(A, B):
    """Three loops, the innermost in Python's sum."""
    (n, k), (rows, m) = A.shape, B.shape
    if k != rows:
        raise ValueError("inner sizes differ")
    sums = [[sum((A[i, p] * B[p, j] for p in range(1, k)), A[i, 0] * B[0, j]) for j in range(m)] for i in range(n)]
    return torch.stack([torch.stack(row) for row in sums])


@right
def three_loops_unbound(A, B):
    """Three loops over entries that were taken apart beforehand."""
    if A.shape[1] != B.shape[0]:
        raise ValueError("inner sizes differ")
    rows = [row.unbind() for row in A.unbind(0)]
    columns = [column.unbind() for column in B.unbind(1)]
    sums = [torch.stack([a * b for a, b in zip(row, column)]).sum() for row in rows for column in columns]
    return torch.stack(sums).reshape(len(rows), len(columns))
