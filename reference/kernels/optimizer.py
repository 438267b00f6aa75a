"""The updates of the optimizers on tensors: `blocks` yields (θ, g, states), of which θ and the states are changed in place."""
import torch


def sgd(blocks, first, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, maximize=False):
    first, decays = bool(first), weight_decay != 0
    for theta, g, states in blocks:
        b = states[0] if momentum != 0 else None
        sgd_update(theta, g, b, weight_decay, momentum, 1 - dampening, -lr,
                   first=first, decays=decays, nesterov=nesterov, maximize=maximize)


def sgd_update(theta, g, b, weight_decay, momentum, share, step, *, first, decays, nesterov, maximize):
    if maximize:
        g = -g
    if decays:
        g = g + weight_decay * theta
    if b is not None:
        if first:
            b[...] = g
        else:
            b *= momentum
            b += share * g
        if nesterov:
            g = g + momentum * b
        else:
            g = b
    theta += step * g


def adam(blocks, t, *, lr, beta1, beta2, eps, weight_decay=0.0, amsgrad=False, maximize=False, decoupled_weight_decay=False):
    bias_correction1 = 1 - beta1 ** t
    bias_correction2 = 1 - beta2 ** t
    step_size = lr / bias_correction1
    bias_correction2_sqrt = bias_correction2 ** 0.5
    decay = 1 - lr * weight_decay if decoupled_weight_decay else weight_decay
    decays = weight_decay != 0
    for theta, g, states in blocks:
        m, v, v_max = states if amsgrad else (*states, None)
        adam_update(theta, g, m, v, v_max, decay, 1 - beta1, beta2, 1 - beta2, 1 / bias_correction2_sqrt, eps,
                    -step_size, decays=decays, decoupled=decoupled_weight_decay, maximize=maximize)


def adam_update(theta, g, m, v, v_max, decay, share1, beta2, share2, correction, eps, step, *, decays, decoupled, maximize):
    if maximize:
        g = -g
    if decays:
        if decoupled:
            theta *= decay
        else:
            g = g + decay * theta
    # β₁m + (1 − β₁)g = m + (1 − β₁)(g − m)
    rest = g - m
    m += share1 * rest
    square = g * g
    v *= beta2
    v += share2 * square
    v_hat = v if v_max is None else torch.maximum(v_max, v, out=v_max)
    denom = torch.sqrt(v_hat)
    denom *= correction
    denom += eps
    update = m / denom
    theta += step * update


def rmsprop(blocks, *, lr, alpha, eps, weight_decay=0.0, momentum=0.0, centered=False, maximize=False):
    decays, near = weight_decay != 0, 1 - alpha < 0.5
    for theta, g, states in blocks:
        v, b, g_mean = states[0], states[1] if momentum > 0 else None, states[-1] if centered else None
        rmsprop_update(theta, g, v, b, g_mean, weight_decay, alpha, 1 - alpha, eps, momentum, -lr,
                       decays=decays, near=near, maximize=maximize)


def rmsprop_update(theta, g, v, b, g_mean, weight_decay, alpha, share, eps, momentum, step, *, decays, near, maximize):
    if maximize:
        g = -g
    if decays:
        g = g + weight_decay * theta
    square = g * g
    v *= alpha
    v += share * square
    if g_mean is not None:
        rest = g - g_mean
        if near:                                      # PyTorch's lerp starts from the nearer end
            g_mean += share * rest
        else:
            g_mean[...] = g
            g_mean += -alpha * rest
        square = g_mean * g_mean
        variance = v - square
        denom = torch.sqrt(variance)
    else:
        denom = torch.sqrt(v)
    denom += eps
    update = g / denom
    if b is not None:
        b *= momentum
        b += update
        update = b
    theta += step * update


def adagrad(blocks, t, *, lr, lr_decay, eps, weight_decay=0.0, maximize=False):
    decayed_lr = lr / (1 + (t - 1) * lr_decay)
    decays = weight_decay != 0
    for theta, g, (s,) in blocks:
        adagrad_update(theta, g, s, weight_decay, eps, -decayed_lr, decays=decays, maximize=maximize)


def adagrad_update(theta, g, s, weight_decay, eps, step, *, decays, maximize):
    if maximize:
        g = -g
    if decays:
        g = g + weight_decay * theta
    square = g * g
    s += square
    denom = torch.sqrt(s)
    denom += eps
    update = g / denom
    theta += step * update
