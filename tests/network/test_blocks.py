"""Every structural item of the founding document (spec 10), by name."""

import pytest
import torch
from torch import nn

from yolov10.network import blocks, build
from yolov10.network.fuse import folded, fuse_modules, merge_branches


def randomise(module):
    """Batch-norm statistics that are not the identity, so that folding has something to do."""
    generator = torch.Generator().manual_seed(1)
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.weight.data.uniform_(0.5, 1.5, generator=generator)
            norm.bias.data.normal_(generator=generator)
            norm.running_mean.normal_(generator=generator)
            norm.running_var.uniform_(0.2, 2.0, generator=generator)
    return module.eval()


def convolution(unit):
    """(kernel, stride, groups, has activation) of a Conv unit."""
    conv = unit.conv
    return conv.kernel_size[0], conv.stride[0], conv.groups, isinstance(unit.act, nn.SiLU)


class TestSCDown:
    def test_pointwise_first_then_depthwise_without_activation(self):
        block = blocks.SCDown(256, 512, kernel=3, stride=2)
        assert convolution(block.cv1) == (1, 1, 1, True)
        assert convolution(block.cv2) == (3, 2, 512, False)

    def test_output_halves_height_and_width(self):
        assert blocks.SCDown(8, 16, kernel=3, stride=2)(torch.zeros(2, 8, 32, 48)).shape == (2, 16, 16, 24)

    def test_parameter_rows_of_layer_5_of_scale_l(self):
        rows = {name: p.numel() for name, p in build("l").model[5].named_parameters()}
        assert list(rows.values()) == [131072, 512, 512, 4608, 512, 512]

    def test_torchsummary_of_the_bare_block(self):
        block = blocks.SCDown(256, 512, kernel=3, stride=2).to("meta")
        image = torch.zeros(1, 256, 512, 512, device="meta")
        pointwise = block.cv1(image)
        assert (pointwise.shape[1:], block.cv1.conv.weight.numel()) == ((512, 512, 512), 131072)
        assert (block.cv2(pointwise).shape[1:], block.cv2.conv.weight.numel()) == ((512, 256, 256), 4608)

    def test_a_plain_convolution_has_8_69_times_the_weights(self):
        plain = nn.Conv2d(256, 512, 3, bias=False).weight.numel()
        block = blocks.SCDown(256, 512, kernel=3, stride=2)
        separated = block.cv1.conv.weight.numel() + block.cv2.conv.weight.numel()
        assert (plain, separated, round(plain / separated, 2)) == (1179648, 135680, 8.69)


class TestRepVGGDW:
    def test_merged_equals_the_two_branches(self):
        block = randomise(blocks.RepVGGDW(12))
        x = torch.randn(2, 12, 20, 24)
        with torch.no_grad():
            expected = block(x)
            torch.testing.assert_close(merge_branches(block)(x), expected, rtol=0, atol=1e-5)

    def test_62e_parameters_become_50e(self):
        block = blocks.RepVGGDW(10)
        assert sum(p.numel() for p in block.parameters()) == 620
        assert sum(p.numel() for p in merge_branches(block).parameters()) == 500

    def test_the_3x3_kernel_is_padded_by_two_into_the_centre_of_the_7x7(self):
        block = randomise(blocks.RepVGGDW(3))
        difference = merge_branches(block).conv.weight - folded(block.conv)[0]
        torch.testing.assert_close(difference[..., 2:5, 2:5], folded(block.conv1)[0])
        border = difference.clone()
        border[..., 2:5, 2:5] = 0
        assert not border.any()

    def test_fuse_deletes_the_3x3_branch(self):
        network = build("n", num_classes=3).fuse()
        assert not any(isinstance(m, blocks.RepVGGDW) for m in network.modules())
        assert not [name for name in network.state_dict() if "conv1" in name]


class TestFolding:
    @pytest.mark.parametrize("groups", [1, 8])
    def test_convolution_and_batch_norm_become_one_convolution(self, groups):
        unit = randomise(blocks.Conv(8, 16, 3, 2, groups=groups))
        x = torch.randn(2, 8, 16, 16)
        with torch.no_grad():
            expected = unit(x)
            fuse_modules(holder := nn.Sequential(unit))
            torch.testing.assert_close(holder(x), expected, rtol=0, atol=1e-5)
        assert list(unit.state_dict()) == ["conv.weight", "conv.bias"]

    def test_uses_the_epsilon_of_the_specification(self):
        unit = blocks.Conv(1, 1)
        unit.bn.running_var.fill_(1e-3)
        weight, _ = folded(unit)
        torch.testing.assert_close(weight, unit.conv.weight / (2e-3) ** 0.5)


class TestCIB:
    @pytest.mark.parametrize("large_kernel", [False, True])
    def test_five_steps_alternate_depthwise_and_pointwise(self, large_kernel):
        block = blocks.CIB(6, shortcut=True, large_kernel=large_kernel)
        steps = [block.cv1[i] for i in (0, 1, 3, 4)]
        assert [convolution(step) for step in steps] == [
            *((3, 1, 6, True), (1, 1, 1, True)),
            *((1, 1, 1, True), (3, 1, 6, True)),
        ]
        middle = block.cv1[2]
        if large_kernel:
            assert isinstance(middle, blocks.RepVGGDW)
            assert convolution(middle.conv) == (7, 1, 12, False)
            assert convolution(middle.conv1) == (3, 1, 12, False)
        else:
            assert convolution(middle) == (3, 1, 12, True)

    def test_hidden_width_is_twice_the_blocks(self):
        assert blocks.CIB(6, shortcut=True, large_kernel=False).cv1[1].conv.out_channels == 12

    @pytest.mark.parametrize("large_kernel,count", [(False, 4 * 36 + 50 * 6), (True, 4 * 36 + 152 * 6)])
    def test_parameter_formula(self, large_kernel, count):
        block = blocks.CIB(6, shortcut=True, large_kernel=large_kernel)
        assert sum(p.numel() for p in block.parameters()) == count

    def test_shortcut_adds_the_input(self):
        with_shortcut = randomise(blocks.CIB(6, shortcut=True, large_kernel=False))
        without = randomise(blocks.CIB(6, shortcut=False, large_kernel=False))
        without.load_state_dict(with_shortcut.state_dict())
        x = torch.randn(1, 6, 8, 8)
        torch.testing.assert_close(with_shortcut(x), x + without(x))


class TestC2fCIB:
    def test_is_c2f_with_cib_inside(self):
        block = blocks.C2fCIB(16, 24, repeats=3, shortcut=True, large_kernel=True)
        assert isinstance(block, blocks.C2f)
        assert [type(m) for m in block.m] == [blocks.CIB] * 3
        assert block.cv2.conv.in_channels == (2 + 3) * 12  # the concatenation's width


class TestAttention:
    @pytest.mark.parametrize(
        "scale,heads,value,key",
        [
            ("n", 2, 64, 32),
            ("s", 4, 64, 32),
            ("m", 4, 72, 36),
            ("b", 4, 64, 32),
            ("l", 4, 64, 32),
            ("x", 5, 64, 32),
        ],
    )
    def test_heads_of_every_scale(self, scale, heads, value, key):
        attention = build(scale).model[10].attn
        assert (attention.heads, attention.value_width, attention.key_width) == (heads, value, key)

    def test_equals_an_explicit_computation_token_by_token(self):
        attention = randomise(blocks.Attention(128))
        x = torch.randn(1, 128, 3, 4)
        with torch.no_grad():
            qkv = attention.qkv(x)[0].flatten(1)  # [256, 12]
            v_map = torch.empty(128, 12)
            out = torch.empty(128, 12)
            for head in range(2):
                group = qkv[head * 128 : (head + 1) * 128]
                q, k, v = group[:32], group[32:64], group[64:]
                v_map[head * 64 : (head + 1) * 64] = v
                for query in range(12):
                    weights = torch.stack([q[:, query] @ k[:, key] for key in range(12)]) * 32**-0.5
                    out[head * 64 : (head + 1) * 64, query] = v @ weights.softmax(0)
            summed = out.view(1, 128, 3, 4) + attention.pe(v_map.view(1, 128, 3, 4))
            torch.testing.assert_close(attention(x), attention.proj(summed), rtol=0, atol=1e-4)

    def test_no_activation_in_its_convolutions(self):
        attention = blocks.Attention(64)
        assert not any(isinstance(m, nn.SiLU) for m in attention.modules())


class TestPSA:
    def test_weight_shapes_of_scale_l(self):
        psa = build("l").model[10]
        shapes = {name: list(p.shape) for name, p in psa.named_parameters() if name.endswith("conv.weight")}
        assert shapes["cv1.conv.weight"] == shapes["cv2.conv.weight"] == [512, 512, 1, 1]
        assert shapes["ffn.0.conv.weight"] == [512, 256, 1, 1]
        assert shapes["ffn.1.conv.weight"] == [256, 512, 1, 1]
        assert psa.cv1.conv.weight.numel() == 262144
        assert psa.ffn[0].conv.weight.numel() == 131072

    def test_half_of_the_channels_pass_untouched(self):
        psa = randomise(blocks.PSA(128, 128))
        seen = {}
        psa.cv2.register_forward_hook(lambda m, args, out: seen.update(joined=args[0]))
        x = torch.randn(1, 128, 4, 4)
        with torch.no_grad():
            psa(x)
            torch.testing.assert_close(seen["joined"][:, :64], psa.cv1(x)[:, :64])
            assert not torch.allclose(seen["joined"][:, 64:], psa.cv1(x)[:, 64:])

    def test_feed_forward_ends_without_activation(self):
        psa = blocks.PSA(128, 128)
        assert isinstance(psa.ffn[0].act, nn.SiLU)
        assert isinstance(psa.ffn[1].act, nn.Identity)


class TestSPPF:
    def test_pools_see_windows_of_5_9_and_13(self):
        block = blocks.SPPF(4, 8, kernel=5)
        seen = {}
        block.cv2.register_forward_hook(lambda m, args, out: seen.update(stages=args[0].chunk(4, dim=1)))
        block.cv1 = nn.Conv2d(4, 2, 1, bias=False)
        x = torch.zeros(1, 4, 31, 31)
        x[..., 15, 15] = 1
        block.cv1.weight.data.fill_(1)
        block(x)
        assert [int((stage[0, 0] > 0).sum()) for stage in seen["stages"]] == [1, 25, 81, 169]

    def test_first_convolution_has_its_activation(self):
        assert isinstance(blocks.SPPF(4, 8, kernel=5).cv1.act, nn.SiLU)


def test_c2f_keeps_every_step():
    block = blocks.C2f(8, 16, repeats=2, shortcut=True)
    assert block.cv2.conv.in_channels == (2 + 2) * 8
    assert block(torch.zeros(1, 8, 4, 4)).shape == (1, 16, 4, 4)


def test_class_branch_is_two_depthwise_separable_stages():
    branch = build("s").head.one2one_cv3[1]
    units = [unit for stage in (branch[0], branch[1]) for unit in stage]
    assert [convolution(unit)[:3] for unit in units] == [(3, 1, 256), (1, 1, 1), (3, 1, 128), (1, 1, 1)]
    assert branch[2].bias is not None


def test_fusing_n_takes_2775520_parameters_to_2299264():
    network = build("n")
    assert sum(p.numel() for p in network.parameters()) == 2775520
    assert sum(p.numel() for p in network.fuse().parameters()) == 2299264
