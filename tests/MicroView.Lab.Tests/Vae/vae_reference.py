"""The network, its loss, its gradients and Adam by PyTorch: reads a JSON problem on stdin, writes a JSON answer on stdout."""
import json
import sys

import torch

problem = json.load(sys.stdin)


def layers(kind):
    made = []
    for layer in problem["layers"]:
        bias = torch.tensor(layer["bias"], dtype=kind)
        weight = torch.tensor(layer["weights"], dtype=kind).reshape(len(bias), -1)
        made.append((weight.requires_grad_(), bias.requires_grad_()))
    return made


def apply(layer, values):
    return torch.nn.functional.linear(values, layer[0], layer[1])


def encode(net, x):
    hidden = torch.relu(apply(net[1], torch.relu(apply(net[0], x))))
    return apply(net[2], hidden), apply(net[3], hidden)


def decode(net, z):
    return apply(net[6], torch.relu(apply(net[5], torch.relu(apply(net[4], z)))))


# Inference, in single precision as a deployed network runs.
with torch.no_grad():
    single = layers(torch.float32)
    x32 = torch.tensor(problem["x"], dtype=torch.float32)
    reconstruction = decode(single, encode(single, x32)[0])

# Training, in double precision.
net = layers(torch.float64)
parameters = [tensor for layer in net for tensor in layer]
x = torch.tensor(problem["x"], dtype=torch.float64)
noise = torch.tensor(problem["noise"], dtype=torch.float64)
adam = torch.optim.Adam(parameters, lr=problem["rate"])
losses, gradients = [], None
for _ in range(problem["steps"]):
    adam.zero_grad()
    mean, log_variance = encode(net, x)
    output = decode(net, mean + noise * torch.exp(0.5 * log_variance))
    divergence = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
    loss = torch.nn.functional.mse_loss(output, x, reduction="sum") + problem["beta"] * divergence
    loss.backward()
    losses.append(loss.item())
    if gradients is None:
        gradients = [tensor.grad.flatten().tolist() for tensor in parameters]
    adam.step()

json.dump(
    {
        "reconstruction": reconstruction.tolist(),
        "errors": torch.mean((reconstruction - x32) ** 2, dim=1).tolist(),
        "losses": losses,
        "gradients": gradients,
        "trained": [tensor.detach().flatten().tolist() for tensor in parameters],
    },
    sys.stdout,
)
