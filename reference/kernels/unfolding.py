"""Columns of windows and their sum in plain PyTorch, through a padded image."""


def spans(outputs, kernel_size, stride, dilation):
    """What each position of the window sees of the padded image, for all windows: pairs of slices."""
    rows, columns = ([slice(k * d, k * d + s * (m - 1) + 1, s) for k in range(n)]
                     for m, n, s, d in zip(outputs, kernel_size, stride, dilation))
    return [[(r, c) for c in columns] for r in rows]


def counts(inputs, kernel_size, stride, padding, dilation):
    """How many windows there are down and across."""
    return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in zip(inputs, kernel_size, stride, padding, dilation))


def unfold(input, *, kernel_size, dilation, padding, stride):
    """(N, C, H, W) -> (N, C·KH·KW, OH·OW): what position (k, l) of each window sees of channel c stands in row (c, k, l)."""
    N, C, H, W = input.shape
    (KH, KW), (ph, pw), (OH, OW) = kernel_size, padding, counts((H, W), kernel_size, stride, padding, dilation)
    padded = input.new_zeros(N, C, H + 2 * ph, W + 2 * pw)
    padded[:, :, ph:ph + H, pw:pw + W] = input
    columns = input.new_zeros(N, C, KH, KW, OH, OW)
    for k, line in enumerate(spans((OH, OW), kernel_size, stride, dilation)):
        for l, (rows, cols) in enumerate(line):
            columns[:, :, k, l] = padded[:, :, rows, cols]
    return columns.reshape(N, C * KH * KW, OH * OW)


def fold(input, *, output_size, kernel_size, dilation, padding, stride):
    """(N, C·KH·KW, OH·OW) -> (N, C, H, W): every element of the columns added where `unfold` would have taken it from."""
    (H, W), (KH, KW), (ph, pw) = output_size, kernel_size, padding
    OH, OW = counts(output_size, kernel_size, stride, padding, dilation)
    N, C = input.shape[0], input.shape[1] // (KH * KW)
    columns = input.reshape(N, C, KH, KW, OH, OW)
    padded = input.new_zeros(N, C, H + 2 * ph, W + 2 * pw)
    for k, line in enumerate(spans((OH, OW), kernel_size, stride, dilation)):
        for l, (rows, cols) in enumerate(line):
            padded[:, :, rows, cols] += columns[:, :, k, l]
    return padded[:, :, ph:ph + H, pw:pw + W]
