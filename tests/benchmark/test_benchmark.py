"""`benchmark`: every case there is, every figure of it, and the page that is made of them."""

import json

import onnx
import pytest
from conftest import DATA

from yolov10.architecture import layers
from yolov10.benchmark import run
from yolov10.benchmark.cases import cases
from yolov10.benchmark.memory import peak_megabytes
from yolov10.benchmark.report import comparison, markdown, method, table
from yolov10.benchmark.run import benchmark
from yolov10.benchmark.timing import WARM_UP, Spread, in_turns
from yolov10.cli.main import main
from yolov10.errors import UserError
from yolov10.formulas import total_cost
from yolov10.model_names import weights_file
from yolov10.silence import import_openvino

TOY = DATA / "models" / "toy.onnx"
STEPS = ("read", "letterbox", "infer", "rest", "total", "batch")


def test_cases_take_turns_and_the_first_rounds_are_not_counted():
    calls, rounds = [], []
    steps = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    times = in_turns(steps, 4, after=lambda: rounds.append(len(calls)))
    assert calls == ["a", "b"] * (4 + WARM_UP)
    assert rounds == [2 * (turn + 1) for turn in range(4 + WARM_UP)]
    assert {name: len(values) for name, values in times.items()} == {"a": 4, "b": 4}


def test_spread_is_the_median_and_where_nine_of_ten_are():
    assert Spread.of([3.0]) == Spread(3, 3, 3)
    assert Spread.of(list(range(100))) == Spread(49.5, 5, 94)


def test_cases_are_the_installed_runtimes_that_run_the_file():
    assert [case.name for case in cases(TOY, (), ())] == ["openvino fp32", "openvino bf16", "onnx fp32"]
    names = {case.name for case in cases(weights_file("cells"), (), ())}
    assert names == {"openvino fp32", "openvino bf16", "onnx fp32", "torch fp32", "torch bf16"}
    assert [case.name for case in cases(TOY, ("openvino",), ("bf16",))] == ["openvino bf16"]
    with pytest.raises(
        UserError, match="none of the runtimes.* leave --runtime out or choose openvino or onnx"
    ):
        cases(TOY, ("torch",), ())
    with pytest.raises(UserError, match="ONNX Runtime runs a file in the precision it was exported with"):
        cases(weights_file("cells"), ("onnx",), ("bf16",))


@pytest.fixture(scope="module")
def result():
    return benchmark(TOY, rounds=2, threads=1, cache=False)


def test_every_case_has_every_figure(result):
    assert [(case["runtime"], case["precision"]) for case in result["cases"]] == [
        ("openvino", "fp32"),
        ("openvino", "bf16"),
        ("onnx", "fp32"),
    ]
    for case in result["cases"]:
        for step in STEPS:
            assert 0 < case[step]["low"] <= case[step]["median"] <= case[step]["high"]
        assert case["total"]["median"] > case["infer"]["median"]
        assert case["megabytes"] > 20
    assert json.loads(json.dumps(result)) == result


def test_the_share_of_the_peak_follows_from_operations_and_time(result):
    width, height = result["input"]
    assert (width, height) == (320, 192)
    operations = total_cost(layers("n", 3), height, width, fused=True, one2many=False).operations
    for case in result["cases"]:
        gflops = operations / case["infer"]["median"] / 1e6
        assert case["share"] == pytest.approx(gflops / result["peak_gflops"], rel=0.01)


def test_the_method_names_machine_and_versions(result):
    text = "\n".join(method(result))
    for fact in ("1280×720", "320×192", "1 threads", "numpy ", "openvino ", "onnxruntime ", "GFLOP/s"):
        assert fact in text


def test_a_table_of_a_page(result):
    lines = markdown(*table(result)).splitlines()
    assert len(lines) == 2 + 3
    assert {line.count("|") for line in lines} == {11}


def test_the_command_prints_writes_and_compares(tmp_path, capsys):
    arguments = ["benchmark", str(TOY), "--rounds", "1", "--runtime", "onnx", "--quiet"]
    assert main([*arguments, "--json", str(tmp_path / "then.json")]) == 0
    assert "onnx" in capsys.readouterr().out
    assert main([*arguments, "--compare", str(tmp_path / "then.json")]) == 0
    out = capsys.readouterr().out
    assert "now ÷ then:" in out
    assert "onnx fp32: read ×" in out


def test_ratios_of_the_same_cases(result):
    lines = comparison(result, result)
    assert len(lines) == 3
    assert all("infer ×1.00" in line for line in lines)
    assert comparison(result, result | {"cases": []}) == [
        "nothing to compare: the earlier figures are of other runtimes and precisions"
    ]


def test_ratios_to_another_model_or_machine_say_so(result):
    machine = result["machine"] | {"threads": 64, "processor": "Other"}
    other = result | {"model": "yolov10x.onnx", "input": [640, 640], "machine": machine}
    first, *rest = comparison(result, other)
    assert first == "then it was yolov10x.onnx, 640×640, 64 threads, Other"
    assert rest == comparison(result, result)


def test_a_folder_for_the_figures_is_refused_before_measuring(tmp_path, capsys, monkeypatch):
    monkeypatch.delattr("yolov10.cli.benchmark.benchmark")
    assert main(["benchmark", str(TOY), "--json", str(tmp_path)]) == 1
    assert f"{tmp_path} is a folder: name a file in it" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content,reason",
    [
        (b"{", "not JSON"),
        (b"[]", "not what `yolov10 benchmark"),
        (b'{"cases": [{"runtime": "onnx", "precision": "fp32"}]}', "not what `yolov10 benchmark"),
        (b'{"cases": [1]}', "not what `yolov10 benchmark"),
        (None, "No such file"),
    ],
)
def test_earlier_figures_that_are_none_are_refused_before_measuring(content, reason, tmp_path, capsys):
    path = tmp_path / "then.json"
    if content is not None:
        path.write_bytes(content)
    assert main(["benchmark", str(TOY), "--compare", str(path)]) == 1
    assert reason in capsys.readouterr().err


def test_the_page_keeps_what_stands_above_the_figures(tmp_path, monkeypatch):
    import sys

    from conftest import ROOT

    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import performance

    page = tmp_path / "performance.md"
    page.write_text(f"# Speed\n\n{performance.BEGIN}\n\nold\n", encoding="utf-8")
    monkeypatch.setattr(performance, "PAGE", page)
    monkeypatch.setattr(performance, "figures", lambda rounds: f"new, {rounds} rounds")
    monkeypatch.setattr(sys, "argv", ["performance.py", "3"])
    performance.main()
    assert page.read_text(encoding="utf-8") == f"# Speed\n\n{performance.BEGIN}\n\nnew, 3 rounds\n"
    assert performance.BEGIN in (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")


def test_a_folder_of_an_openvino_model_is_measured_as_its_file(tmp_path):
    openvino = import_openvino("the test")
    openvino.save_model(openvino.Core().read_model(TOY), tmp_path / "toy.xml")
    assert [case.name for case in cases(tmp_path, (), ())] == ["openvino fp32", "openvino bf16"]


def test_memory_is_that_of_the_size_and_threads_that_are_measured(monkeypatch):
    seen = []
    monkeypatch.setattr(run, "peak_megabytes", lambda *arguments: seen.append(arguments[4:]))
    benchmark(TOY, rounds=1, threads=1, image_size="64x96", runtimes=("onnx",), cache=False)
    assert seen == [("64x96", 1)]


def test_memory_of_a_process_that_was_ended_is_unknown(tmp_path):
    assert peak_megabytes(TOY, "onnx", "fp32", tmp_path / "no picture") is None


def test_a_half_file_is_not_called_fp32(tmp_path):
    model = onnx.load(TOY)
    model.metadata_props.add(key="precision", value="fp16")
    onnx.save(model, tmp_path / "half.onnx")
    measured = benchmark(
        tmp_path / "half.onnx", rounds=1, threads=1, runtimes=("onnx",), cache=False, memory=False
    )
    assert [case["precision"] for case in measured["cases"]] == ["fp16"]
