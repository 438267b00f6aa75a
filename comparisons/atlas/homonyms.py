"""Names of code that have more than one meaning in the atlas, each with the reason: the literature itself uses the letter twice."""
HOMONYMS = {
    "weight": "PyTorch calls every first parameter so: a matrix in linear layers and convolutions, a scale in normalizations",
    "bias": "PyTorch calls every added parameter so: the intercept of a linear map, the shift after a normalization",
    "scale": "any factor is called so: of a channel, before a tanh, for what is not dropped",
    "shift": "whatever is added after a factor is called so",
    "grad_weight": "as weight", "grad_bias": "as bias",
    "b": "the shift of a normalization, and the momentum buffer of an optimizer: b in the papers of both",
    "g": "the candidate of an LSTM, and the gradient in an optimizer, as their papers have it",
    "m": "the hidden state before a projection, the first moment, and a maximum, as their papers have it",
    "w": "the scale of a normalization as a row, and the weight of a target: both are what PyTorch calls weight",
    "s": "a sum: of powers in softmax, of squares in Adagrad",
    "t": "a step of a sequence or of an optimizer, and the target of a loss, as their papers have it",
}
