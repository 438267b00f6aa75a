"""The updates of the optimizers on tensors: `blocks` yields (θ, g, states), of which θ and the states are changed in place."""
import torch


def sgd(blocks, first, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, maximize=False):
    for theta, g, states in blocks:
        if maximize:
            g = -g
        if weight_decay != 0:
            g = g + weight_decay * theta
        if momentum != 0:
            b, = states
            if first:
                b.copy_(g)
            else:
                b *= momentum
                b += (1 - dampening) * g
            if nesterov:
                g = g + momentum * b
            else:
                g = b
        theta -= lr * g


def adam(blocks, t, *, lr, beta1, beta2, eps, weight_decay=0.0, amsgrad=False, maximize=False, decoupled_weight_decay=False):
    bias_correction1 = 1 - beta1 ** t
    bias_correction2 = 1 - beta2 ** t
    step_size = lr / bias_correction1
    bias_correction2_sqrt = bias_correction2 ** 0.5
    for theta, g, (m, v, *v_max) in blocks:
        if maximize:
            g = -g
        if weight_decay != 0:
            if decoupled_weight_decay:
                theta *= 1 - lr * weight_decay
            else:
                g = g + weight_decay * theta
        # β₁m + (1 − β₁)g = m + (1 − β₁)(g − m)
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * g * g
        v_hat = v_max[0].copy_(torch.maximum(v_max[0], v)) if amsgrad else v
        denom = v_hat.sqrt() / bias_correction2_sqrt + eps
        update = m / denom
        theta -= step_size * update


def rmsprop(blocks, *, lr, alpha, eps, weight_decay=0.0, momentum=0.0, centered=False, maximize=False):
    for theta, g, states in blocks:
        v = states[0]
        if maximize:
            g = -g
        if weight_decay != 0:
            g = g + weight_decay * theta
        v *= alpha
        v += (1 - alpha) * g * g
        if centered:
            g_mean = states[-1]
            g_mean += (1 - alpha) * (g - g_mean)
            denom = (v - g_mean * g_mean).sqrt()
        else:
            denom = v.sqrt()
        denom = denom + eps
        update = g / denom
        if momentum > 0:
            b = states[1]
            b *= momentum
            b += update
            update = b
        theta -= lr * update


def adagrad(blocks, t, *, lr, lr_decay, eps, weight_decay=0.0, maximize=False):
    decayed_lr = lr / (1 + (t - 1) * lr_decay)
    for theta, g, (s,) in blocks:
        if maximize:
            g = -g
        if weight_decay != 0:
            g = g + weight_decay * theta
        s += g * g
        denom = s.sqrt() + eps
        update = g / denom
        theta -= decayed_lr * update
