"""Operations, activation memory and shapes against what torch counts and writes, on the meta device."""

from collections import Counter, defaultdict

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from yolov10.architecture import STRIDES, layers
from yolov10.formulas import total_cost
from yolov10.info.steps import steps_of
from yolov10.info.tables import FORMS, FUSED, TRAINING, activation_memory, describe, peak_memory
from yolov10.network import build

SIZES = [(640, 640), (320, 448), (736, 1280)]


def network_of(scale, form):
    with torch.device("meta"):
        network = build(scale)
    if form.fused:
        return network.fuse()
    return network.train() if form.one2many else network.drop_one2many()


def run(network, height, width):
    """The raw maps of every head the network has."""
    images = torch.empty(1, 3, height, width, device="meta")
    with torch.no_grad():
        if network.training:
            return network(images)
        return network.head.one2one(network.features(images))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "×".join(map(str, size)))
def test_operations_equal_torchs_flop_counter(scale, size):
    rows = layers(scale)
    anchors = sum((size[0] // s) * (size[1] // s) for s in STRIDES)
    for form in (TRAINING, FUSED) if scale in "nm" and size == SIZES[1] else (FUSED,):
        network = network_of(scale, form)
        with FlopCounterMode(display=False) as counter:
            run(network, *size)
        counted = {str(op): flops for op, flops in counter.get_flop_counts()["Global"].items()}
        cost = total_cost(rows, *size, fused=form.fused, one2many=form.one2many)
        # The DFL is a convolution by the paper's count; here it is a sum, which torch does not count.
        assert counted.pop("aten.convolution") == cost.operations - 2 * 4 * 16 * anchors
        assert counted == {"aten.bmm": describe(scale, 80, *size)["attention_operations"]}


class Written(TorchDispatchMode):
    """Bytes of the maps that each row writes, by operation: what an operation gives in memory of its own.

    Left out is what is no map: the picture, batch-norm's means and deviations, where a maximum was, and the
    copies of queries, keys and values that `bmm` asks for.
    """

    OTHERS = ("empty", "clone", "_unsafe_view", "mul")

    def __init__(self, network):
        super().__init__()
        self.bytes = defaultdict(Counter)
        self.row = len(network.model) - 1  # the heads, between and after the rows that have hooks
        for index, module in enumerate(network.model[:-1]):
            module.register_forward_pre_hook(lambda *_, index=index: setattr(self, "row", index))
            module.register_forward_hook(lambda *_, head=self.row: setattr(self, "row", head))

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        result = function(*arguments, **(keywords or {}))
        known = {self.memory(value) for value in tree_leaves((arguments, keywords)) if torch.is_tensor(value)}
        name = function.name().removeprefix("aten::").partition(".")[0]
        for made in tree_leaves(result):
            map_of_its_own = (
                self.memory(made) not in known
                and made.dim() > 2
                and made.is_floating_point()
                and name not in self.OTHERS
            )
            if map_of_its_own:
                self.bytes[self.row][name] += made.numel() * made.element_size()
        return result

    @staticmethod
    def memory(tensor):
        return tensor.untyped_storage()._cdata


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.title)
def test_activation_memory_of_every_layer_is_what_torch_writes(scale, form):
    """In training and with one head, batch-norm writes a map of its own beside the convolution's."""
    size = SIZES[1]
    network = network_of(scale, form)
    network.eval() if form is not TRAINING else None
    with Written(network) as written:
        run(network, *size)
    told = [activation_memory(row, *size, form) for row in layers(scale)]
    assert [sum(written.bytes[index].values()) for index in range(24)] == told


def test_peak_memory_is_what_is_alive_between_rows(scale):
    """Measured by hooks: maps that still exist when a row has ended, the picture, and the row's own."""
    import weakref

    network = network_of(scale, FUSED)
    images = torch.empty(1, 3, 640, 640, device="meta")
    alive, peaks = weakref.WeakValueDictionary({"images": images}), []

    def ended(module, inputs, output):
        alive[id(module)] = output
        peaks.append(sum(map.numel() * 4 for map in alive.values()))

    for module in network.model[:-1]:
        module.register_forward_hook(ended)
    with torch.no_grad():
        network.features(images)
    assert max(peaks) == peak_memory(layers(scale), 640, 640)


def test_shapes_of_steps_are_what_hooks_see(scale):
    network = network_of(scale, TRAINING)
    seen = {}
    for name, module in network.named_modules():
        if hasattr(module, "bn") or isinstance(module, torch.nn.Conv2d):

            def ended(module, inputs, output, name=name):
                seen[name] = tuple(output.shape[1:])

            module.register_forward_hook(ended)
    run(network, 320, 448)
    for row in layers(scale):
        for step in steps_of(row):
            if step.convolution:
                assert step.shape(320, 448) == seen[step.convolution.name]


def test_counts_of_modules(scale):
    """Convolutions, batch-norms, tensors of the totals are those of the module (spec 2.5)."""
    for form, total in zip(FORMS, describe(scale, 80, 640, 640)["totals"], strict=True):
        network = network_of(scale, form)
        kinds = Counter(type(module).__name__ for module in network.modules())
        assert (kinds["Conv2d"], kinds["BatchNorm2d"]) == (total["convolutions"], total["batch_norms"])
        assert len(network.state_dict()) == total["tensors"]
        assert sum(p.numel() for p in network.parameters() if p.requires_grad) in (
            total["trainable"],
            total["parameters"],
        )
