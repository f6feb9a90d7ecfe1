"""Wrong predictions of how many numbers `nn.Linear(8, 32)` learns."""

from proctor.answers import wrong


@wrong(
    "Forgets the bias",
    hint="The weight has 8 * 32 numbers. The layer also adds a vector to what comes out, and that is learned, too.",
    fails="predict_parameters_value",
)
def without_the_bias():
    return 256


@wrong(
    "Takes the bias to be as long as the input",
    hint="The bias is added to what comes out, so it has one number for each output.",
    fails="predict_parameters_value",
)
def bias_of_the_input():
    return 264


@wrong(
    "Adds the sizes instead of multiplying them",
    hint="The weight is a matrix: every one of the outputs has a weight for every one of the inputs.",
    fails="predict_parameters_value",
)
def sizes_added():
    return 40


@wrong(
    "Counts a bias for the input and one for the output",
    hint="One vector is added, after the product. Nothing is added to the input.",
    fails="predict_parameters_value",
)
def two_biases():
    return 296


@wrong(
    "Gives each product a bias of its own",
    hint="The bias is added once an output, after the products have been summed, and not to every product.",
    fails="predict_parameters_value",
)
def a_bias_for_each_product():
    return 512
