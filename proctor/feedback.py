"""What nbgrader's feedback page leaves out."""

from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_grade, is_locked


class HideChecks(ClearHiddenTests):
    """Takes the lines that name hidden checks out of the course's graded cells; what a student wrote stays as it is."""

    def preprocess_cell(self, cell, resources, cell_index):
        if is_grade(cell) and is_locked(cell):
            return super().preprocess_cell(cell, resources, cell_index)
        return cell, resources
