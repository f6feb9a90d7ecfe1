"""From a notebook to findings: the hidden checks ask it, and each failure is data without words.

- `student`: `Student`, `StudentError`, `Draw`, seeds; `hidden`: a file of hidden checks
- `examination`: `Examination`, `Finding`; `checking`: runs the checks
- `outcome`: `Outcome`, and the files that another process needs to judge; imports no PyTorch
"""
