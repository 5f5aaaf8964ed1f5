"""Why each block and each layer is there, in a sentence, with where to read on.

"paper" is arXiv 2405.14458, "spec" this project's written specification.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from yolov10.architecture import MAX_DETECTIONS


@dataclass(frozen=True)
class Why:
    """What a kind of block is for."""

    title: str
    why: str
    source: str


BLOCKS: Mapping[str, Why] = {
    "Conv": Why(
        "Convolution unit",
        "Convolution, batch-norm, SiLU: with stride 2 it halves the map, and a full 3×3 can still be "
        "afforded where channels are few.",
        "spec 1.1",
    ),
    "Bottleneck": Why(
        "Bottleneck",
        "Two 3×3 convolutions of one width: much context for 18·c² weights, which is what deep stages waste.",
        "spec 1.2",
    ),
    "C2f": Why(
        "Split, chain, keep all",
        "Half of the channels go down a chain of bottlenecks and every intermediate result is kept, so "
        "that features and gradients have short ways.",
        "spec 1.3",
    ),
    "SCDown": Why(
        "Spatial–channel decoupled downsampling",
        "Widening and halving are two jobs: a pointwise convolution does the first, a depthwise one the "
        "second, for about a ninth of the weights of doing both at once.",
        "paper 3.2, spec 1.4",
    ),
    "RepVGGDW": Why(
        "Re-parameterised large kernel",
        "A depthwise 7×7 sees far for little; the 3×3 beside it only helps training, and as both are "
        "linear their sum is again one 7×7.",
        "paper 3.2, spec 1.5",
    ),
    "CIB": Why(
        "Compact inverted block",
        "Depthwise convolutions mix space, pointwise ones mix channels: for stages whose weights turn out "
        "to be of low rank, that is enough.",
        "paper 3.2 and A.1, spec 1.6",
    ),
    "C2fCIB": Why(
        "C2f of compact inverted blocks",
        "Where the intrinsic rank is lowest, compact blocks replace bottlenecks first, as long as accuracy "
        "does not fall: rank-guided design.",
        "paper 3.2, spec 1.7 and 2.3",
    ),
    "SPPF": Why(
        "Spatial pyramid pooling, fast",
        "Three 5×5 max-pools in a row give windows of 5, 9 and 13 cells, so that one map holds several "
        "sizes of context.",
        "spec 1.8",
    ),
    "Attention": Why(
        "Multi-head self-attention",
        "Every cell weighs all others by how well its query fits their keys; a 3×3 on the values tells "
        "position.",
        "paper 3.2, spec 1.9",
    ),
    "PSA": Why(
        "Partial self-attention",
        "Attention costs the square of the number of cells, so it comes once, on the smallest map, and for "
        "half of the channels.",
        "paper 3.2, spec 1.10",
    ),
    "Upsample": Why(
        "Nearest-neighbour upsampling",
        "Every cell becomes four equal ones: no weights, and the map fits the finer one it is joined with.",
        "spec 1.11",
    ),
    "Concat": Why(
        "Concatenation",
        "Two maps of the same resolution become one, one after the other along channels; what follows "
        "decides how to mix them.",
        "spec 1.11",
    ),
    "Detect": Why(
        "Two heads over three levels",
        "One-to-many teaches richly, one-to-one answers without NMS; both see the same features, and only "
        "one is kept.",
        "paper 3.1, spec 3.1",
    ),
}

LAYERS: tuple[str, ...] = (
    "The picture shrinks to half at once: full resolution is where operations cost most.",
    "A quarter of the side, twice the channels: plain convolutions, as channels are few.",
    "First stage: edges and textures, on the largest map that any block works on.",
    "Down to an eighth: the last plain convolution on the way down.",
    "Second stage, the longest with the third; its map goes to the neck for small objects (P3).",
    "From here on channels are many, so downsampling is decoupled: about a ninth of the weights.",
    "Third stage, 16 pixels a cell; its map goes to the neck for middle-sized objects (P4).",
    "Down to 32 pixels a cell: where a plain convolution would cost most weights of all.",
    "Fourth stage: of lowest rank by the paper's measure, so the first to become compact (from scale s on).",
    "Several sizes of context in one map, before attention.",
    "From here on every cell has seen the whole picture; its map waits for layer 21.",
    "Back up to 16 pixels a cell: what is there meets where it is.",
    "What the picture shows (from 10) beside where exactly (from 6).",
    "Mixes both; its map goes up to P3 and waits for the way back down (layer 18).",
    "Back up to 8 pixels a cell, the finest that is detected on.",
    "Coarse meaning (from 13) beside fine detail (from 4).",
    "P3: what the heads read for small objects. Its bottlenecks have no shortcut, as in all of the neck.",
    "Down again, so that fine position reaches the coarser levels.",
    "The way down (17) beside the way up (13).",
    "P4: what the heads read for middle-sized objects.",
    "Down again, decoupled.",
    "The way down (20) beside what attention gave (10).",
    "P5: what the heads read for large objects. Compact in every scale; with the large kernel in n and s.",
    "Every cell of P3, P4 and P5 tells a box and a class; at test time, one head alone, and its best "
    f"{MAX_DETECTIONS} answers.",
)
"""Of each layer of the graph, why it is where it is."""
