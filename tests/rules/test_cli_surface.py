"""The command line, frozen: every command's options. A change here is a change users see."""

import importlib

import pytest

from yolov10.cli.main import COMMANDS
from yolov10.cli.options import command

SURFACE = {
    "benchmark": """--compare --debug --image-size --json --no-cache --picture --precision --quiet --rounds
        --runtime --threads MODEL""",
    "data check": "--debug --images --json --quiet DATA",
    "data show": "--count --debug --images --output --quiet --seed --split DATA",
    "download": "--accept-license --debug --hub --quiet --sha256 --timeout NAME",
    "evaluate": """--batch --debug --device --head --image-size --images --json --model --no-cache --output
        --precision --protocol --quiet --runtime --split --threads DATA""",
    "export": """--batch --calibration --debug --format --head --image-size --images --input --output
        --precision --quiet MODEL""",
    "import": "--debug --json --output --quiet FILE",
    "info": """--bias --block --channels --debug --device --expansion --groups --html --image-size --input
        --json --kernel --large-kernel --num-classes --parameters --quiet --repeats --runs --stride --time
        [MODEL...]""",
    "predict": """--batch --classes --confidence --count-line --count-zone --debug --device --engine --format
        --frame-step --full-decode --image-size --max-detections --max-pixels --model --no-cache
        --one-class-per-box --output --precision --quiet --reconnect --runtime --save-counts --save-to
        --threads --tile --track --video-format --when-behind SOURCE...""",
    "serve": """--api-key-file --batch --cors --debug --device --host --image-size --max-bytes
        --max-image-size --max-pictures --max-pixels --model --no-cache --port --precision --queue
        --quiet --runtime --threads --timeout""",
    "train": """--batch --box --clip --close-mosaic --cls --compile --config --copy-paste --debug --degrees
        --device --dfl --ema-decay --ema-updates --epochs --final-lr --fliplr --flipud --freeze --hsv-h
        --hsv-s --hsv-v --image-size --images --lr --lr-schedule --mixup --momentum --mosaic
        --nominal-batch --one2one-lr --optimizer --output --patience --perspective --precision --protocol
        --quiet --recipe --resume --scale --scaling --seed --shear --sync-batch-norm --threads --translate
        --validate-every --validation --validation-images --warmup-bias-lr --warmup-epochs
        --warmup-momentum --weight-decay --weights --workers [DATA]""",
}


def modules(table=COMMANDS, prefix=""):
    """Every command's module by the words that call it."""
    found = {}
    for name, (module, _) in table.items():
        loaded = importlib.import_module(f"yolov10.cli.{module}")
        nested = getattr(loaded, "COMMANDS", None)
        found |= modules(nested, f"{prefix}{name} ") if nested else {prefix + name: loaded}
    return found


def test_commands_are_these():
    assert set(SURFACE) == set(modules())


@pytest.mark.parametrize("name", SURFACE)
def test_options_of_a_command_are_these(name):
    module = modules()[name]
    parameters = command(name, module.Options, module.run).params
    flags = {flag for p in parameters for flag in p.opts if p.param_type_name == "option"}
    arguments = {p.make_metavar(None) for p in parameters if p.param_type_name == "argument"}
    assert flags | arguments == set(SURFACE[name].split())
