"""The training loss: the specification's numbers, the authors' release, the dense oracle, hard batches."""

import numpy as np
import pytest
import torch
from conftest import build_golden, golden_arrays, golden_json
from golden_weights import image
from hypothesis import given
from hypothesis import strategies as st
from training.dense_reference import dense_loss
from training.golden_maps import (
    CASE_A,
    CASE_B,
    CLOSE,
    HEADS,
    LABELS,
    gradients,
    hashed,
    hashed_maps,
    random_maps,
)

from yolov10.errors import UserError
from yolov10.network import build
from yolov10.training.candidates import grid_of, ground_truths, pairs_inside
from yolov10.training.loss import DualAssignmentLoss, head_loss


def test_hash_is_the_published_one():
    np.testing.assert_array_equal(hashed(7, 2), [0.9082257836125791, 0.4931351635605097])
    sums = [
        raw.double().sum().item() for raw in torch.nn.ParameterList(hashed_maps(CASE_B)).requires_grad_(False)
    ]
    assert sums == pytest.approx([-3563.7978, -373.7309, -332.9145], abs=1e-4)


@pytest.mark.parametrize(
    ("key", "topk", "labels", "total", "items", "gradient_sums"),
    [
        (CASE_A, 10, LABELS, 96.02816, (2.962150, 35.796268, 9.255662), (58.16561, 11.10672, 2.76131)),
        (CASE_B, 1, LABELS, 249.56366, (3.678083, 114.651581, 6.452167), (159.07656, 36.31464, 7.41949)),
        (CASE_A, 1, LABELS, 286.44168, (2.753019, 130.303513, 10.164300), (181.69142, 41.08859, 10.21528)),
        (CASE_A, 10, LABELS[:0], 404.78070, (0, 202.390350, 0), None),
    ],
    ids=["A", "B", "C", "no labels"],
)
def test_loss_of_one_head_is_the_published_one(key, topk, labels, total, items, gradient_sums):
    published = [*items, total, *(gradient_sums or ())]
    exact = figures_of_one_head(key, topk, labels, torch.float64)[: len(published)]
    assert exact == pytest.approx(published, rel=CLOSE)
    assert figures_of_one_head(key, topk, labels, torch.float32)[: len(published)] == pytest.approx(
        exact, rel=CLOSE
    )


def figures_of_one_head(key, topk, labels, dtype):
    """The three items, the total over two pictures, the gradient's absolute sum on each level."""
    maps = hashed_maps(key, dtype)
    grid = grid_of(maps)
    truths = ground_truths(labels.to(dtype), grid, 3)
    gains = torch.tensor([7.5, 0.5, 1.5], dtype=dtype)
    loss = head_loss(maps, grid, truths, pairs_inside(truths, grid), topk) * gains
    total = 2 * loss.sum()
    sums = [gradient.abs().sum().item() for gradient in torch.autograd.grad(total, maps)]
    return [*loss.tolist(), total.item(), *sums]


def test_two_heads_add_up_to_the_published_total():
    total, items = two_heads(torch.float64)
    exact = [total.item(), *items.tolist()]
    assert exact == pytest.approx(
        [345.59182, 2.962150, 35.796268, 9.255662, 3.678083, 114.651581, 6.452167], rel=CLOSE
    )
    total, items = two_heads(torch.float32)
    assert [total.item(), *items.tolist()] == pytest.approx(exact, rel=CLOSE)
    assert total.shape == ()
    assert total.requires_grad
    assert not items.requires_grad


def two_heads(dtype):
    """Total and items of cases A and B as the two heads of one batch."""
    maps = {"one2many": hashed_maps(CASE_A, dtype), "one2one": hashed_maps(CASE_B, dtype)}
    return DualAssignmentLoss(num_classes=3)(maps, LABELS.to(dtype))


@pytest.fixture
def two_threads():
    """A sum over a whole map in one piece rounds more than in two: of x, the stem's gradient by 0.0012."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_training_step_equals_the_authors_release(scale):
    golden, facts = golden_arrays(scale), golden_json(f"forward_{scale}")
    network = build_golden(scale).train()
    maps = network(torch.from_numpy(image(3, 256, 320, seed=100)))
    total, items = DualAssignmentLoss(num_classes=80)(maps, torch.from_numpy(golden["targets"]))
    total.backward()
    np.testing.assert_allclose(items, golden["loss_items"], rtol=1e-4)
    np.testing.assert_allclose(total.detach(), golden["loss_total"], rtol=1e-4)
    parameters, buffers = dict(network.named_parameters()), dict(network.named_buffers())
    norms = {name: parameters[name].grad.norm().item() for name in facts["grad_norms"]}
    assert norms == pytest.approx(facts["grad_norms"], rel=1e-3)
    for name, mean_and_deviation in facts["bn_after_one_step"].items():
        statistics = [buffers[name].mean().item(), buffers[name].std().item()]
        assert statistics == pytest.approx(mean_and_deviation, rel=1e-4)


def boxes(count, draw_side):
    """Labels of two images, 5 classes; a box may reach beyond the picture, or repeat another one."""
    label = st.tuples(
        st.integers(0, 1), st.integers(0, 4), *[st.floats(0, 1, width=32)] * 2, *[draw_side] * 2
    )
    return st.lists(label, max_size=count).flatmap(
        lambda rows: (
            st.just(rows)
            | st.permutations(rows + rows)
            | st.just([(*row[:1], (row[1] + 1) % 5, *row[2:]) for row in rows] + rows)
        )
    )


tiny, any_size = st.floats(0, 0.125, width=32), st.floats(0, 1.5, width=32)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
@given(boxes(12, tiny | any_size), st.integers(0, 10**6), st.sampled_from([(64, 64), (128, 96), (96, 160)]))
def test_sparse_loss_and_gradient_are_those_of_the_dense_reference(dtype, tolerance, rows, seed, size):
    targets = torch.tensor(rows, dtype=dtype).view(-1, 6)
    maps = random_maps(2, 5, *size, seed, dtype)
    total, items = DualAssignmentLoss(num_classes=5)(maps, targets)
    dense_total, dense_items = dense_loss(maps, targets, 5)
    close = {"rtol": tolerance, "atol": tolerance / 10}
    torch.testing.assert_close(items, dense_items, **close)
    torch.testing.assert_close(total, dense_total, **close)
    for gradient, expected in zip(gradients(total, maps), gradients(dense_total, maps), strict=True):
        torch.testing.assert_close(gradient, expected, rtol=10 * tolerance, atol=tolerance / 10)


def labels(count, images=2, classes=5, seed=0, largest=0.5):
    generator = torch.Generator().manual_seed(seed)

    def column(low, high):
        return low + (high - low) * torch.rand(count, generator=generator)

    columns = [column(0, images).floor(), column(0, classes).floor(), column(0, 1), column(0, 1)]
    return torch.stack([*columns, column(0.01, largest), column(0.01, largest)], 1)


def test_gradient_equals_finite_differences():
    maps = random_maps(1, 2, 32, 32, dtype=torch.float64)
    flat = [raw for head in HEADS for raw in maps[head]]
    targets = labels(3, images=1, classes=2, largest=1).double()

    def total(*flat):
        return DualAssignmentLoss(num_classes=2)({"one2many": flat[:3], "one2one": flat[3:]}, targets)[0]

    # Assignment and the weight of CIoU's aspect term are constants to the gradient: so only the class logits.
    analytic = torch.autograd.grad(total(*flat), flat)
    step = 1e-6
    for position in range(0, 6, 2):
        for channel in (64, 65):
            moved = []
            for sign in (1, -1):
                other = [raw.detach().clone() for raw in flat]
                other[position][0, channel, 0, 0] += sign * step
                moved.append(total(*other).item())
            difference = (moved[0] - moved[1]) / (2 * step)
            assert analytic[position][0, channel, 0, 0].item() == pytest.approx(
                difference, rel=1e-4, abs=1e-6
            )


def test_gains_scale_the_items():
    maps = random_maps(2, 5, 64, 64)
    _, items = DualAssignmentLoss(num_classes=5)(maps, labels(6))
    total, scaled = DualAssignmentLoss(5, box=15, cls=0.25, dfl=0)(maps, labels(6))
    torch.testing.assert_close(scaled, items * torch.tensor([2, 0.5, 0] * 2))
    torch.testing.assert_close(total, 2 * scaled.sum())


def test_padding_rows_and_a_picture_without_boxes_change_nothing():
    maps = random_maps(2, 5, 64, 64)
    targets = labels(6, images=1)
    plain, _ = DualAssignmentLoss(num_classes=5)(maps, targets)
    padded, _ = DualAssignmentLoss(num_classes=5)(
        maps, torch.cat([torch.zeros(4, 6), targets, torch.zeros(3, 6)])
    )
    torch.testing.assert_close(padded, plain, rtol=0, atol=0)
    torch.testing.assert_close(dense_loss(maps, targets, 5)[0], plain, rtol=1e-5, atol=0)


def test_boxes_without_any_anchor_inside_train_the_background_only():
    maps = random_maps(1, 5, 64, 64)
    targets = torch.tensor(
        [[0, 1, 0.25, 0.25, 0.02, 0.02], [0, 1, 0.5, 0.5, 0, 0.5], [0, 2, 1.5, 0.5, 0.3, 0.3]]
    )
    total, items = DualAssignmentLoss(num_classes=5)(maps, targets)
    empty, _ = DualAssignmentLoss(num_classes=5)(maps, targets[:0])
    assert items[[0, 2, 3, 5]].tolist() == [0] * 4
    assert total.item() == empty.item()
    assert all(gradient[:, :64].abs().sum() == 0 for gradient in gradients(total, maps))


def test_two_thousand_boxes_in_one_picture():
    maps = random_maps(1, 5, 320, 320)
    total, items = DualAssignmentLoss(num_classes=5)(maps, labels(2000, images=1, largest=0.2))
    assert items.isfinite().all()
    assert (items > 0).all()
    assert all(gradient.isfinite().all() for gradient in gradients(total, maps))


@pytest.mark.parametrize("scale_of_logits", [1, 80])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_maps_are_computed_in_float32(dtype, scale_of_logits):
    half = {
        head: [(scale_of_logits * raw.detach()).to(dtype).requires_grad_() for raw in maps]
        for head, maps in random_maps(2, 5, 64, 64).items()
    }
    widened = {head: [raw.detach().float().requires_grad_() for raw in maps] for head, maps in half.items()}
    loss = DualAssignmentLoss(num_classes=5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        total, items = loss(half, labels(6))
    expected_total, expected = loss(widened, labels(6))
    assert total.dtype == items.dtype == torch.float32
    torch.testing.assert_close(items, expected, rtol=0, atol=0)
    for gradient, exact in zip(gradients(total, half), gradients(expected_total, widened), strict=True):
        assert gradient.dtype == dtype
        assert gradient.isfinite().all()
        torch.testing.assert_close(gradient, exact.to(dtype), rtol=1e-2, atol=1e-7)


@pytest.mark.parametrize("extreme", [-1e4, 1e4])
def test_extreme_logits_give_a_finite_loss_and_gradient(extreme):
    maps = random_maps(2, 5, 64, 64)
    for raw in (raw for head in HEADS for raw in maps[head]):
        raw.data[:, ::3] = extreme
    total, _ = DualAssignmentLoss(num_classes=5)(maps, labels(6))
    assert total.isfinite()
    assert all(gradient.isfinite().all() for gradient in gradients(total, maps))


def test_memory_layout_of_the_maps_does_not_matter():
    maps = random_maps(2, 5, 64, 96)
    last = {
        head: [raw.detach().to(memory_format=torch.channels_last).requires_grad_() for raw in levels]
        for head, levels in maps.items()
    }
    loss = DualAssignmentLoss(num_classes=5)
    (total, items), (other_total, other_items) = loss(maps, labels(6)), loss(last, labels(6))
    torch.testing.assert_close(other_items, items)
    for gradient, other in zip(gradients(total, maps), gradients(other_total, last), strict=True):
        assert other.is_contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(other, gradient)


def test_one_to_one_head_gives_no_gradient_to_the_features():
    network = build("n", num_classes=3).train()
    maps = network(torch.from_numpy(image(2, 64, 64)))
    maps["one2many"] = [raw.detach() for raw in maps["one2many"]]
    total, _ = DualAssignmentLoss(num_classes=3)(maps, labels(6, classes=3))
    total.backward()
    learned = {name for name, parameter in network.named_parameters() if parameter.grad is not None}
    assert learned == {name for name, _ in network.named_parameters() if "one2one" in name}


def test_gradients_are_finite_under_autocast():
    network = build("n", num_classes=3).train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        maps = network(torch.from_numpy(image(2, 64, 64)))
        total, _ = DualAssignmentLoss(num_classes=3)(maps, labels(6, classes=3))
    assert maps["one2many"][0].dtype == torch.bfloat16
    total.backward()
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    assert all(parameter.grad.isfinite().all() for parameter in trained)


def test_class_the_network_does_not_have_is_a_fault_of_the_user():
    with pytest.raises(UserError, match=r"class 5, .* 0 to 4"):
        DualAssignmentLoss(num_classes=5)(
            random_maps(1, 5, 32, 32), torch.tensor([[0, 5, 0.5, 0.5, 0.2, 0.2]])
        )
