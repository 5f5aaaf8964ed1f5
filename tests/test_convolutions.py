"""The torch-free list of convolutions names and shapes the state dict as the authors' release does."""

from conftest import golden_json

from yolov10.convolutions import state_entries


def test_state_entries_are_the_published_ones_in_order(scale):
    published = {name: tuple(shape) for name, shape in golden_json(f"state_dict_{scale}").items()}
    ours = state_entries(scale)
    assert ours == published
    assert list(ours) == list(published)


def test_fused_one_head_entries_have_no_batch_norm_and_no_training_head(scale):
    names = state_entries(scale, fused=True, one2many=False)
    assert not [name for name in names if ".bn." in name or name.startswith(("model.23.cv2", "model.23.cv3"))]
    assert "model.22.m.0.cv1.2.conv.weight" in names
