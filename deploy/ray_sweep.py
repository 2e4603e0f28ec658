"""python deploy/ray_sweep.py SCENARIO DIR PARTS [OPTION...]: a sweep in parts as Ray tasks.

The parts come back as bytes, so the machines need no common folder; each needs the program (SIXSLOT names it).
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import ray

PROGRAM = os.environ.get("SIXSLOT", "sixslot")
CHECKPOINT = "unfinished.jsonl"


@ray.remote(num_cpus=1, max_retries=3)
def part(name: str, text: str, number: int, parts: int, options: list[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        scenario = pathlib.Path(folder, pathlib.Path(name).name)
        scenario.write_text(text)
        out = pathlib.Path(folder, "part")
        shard = f"{number}/{parts}"
        subprocess.run([PROGRAM, "sweep", scenario, "--jobs", "1", "--shard", shard, "--output", out, *options], check=True)
        return (out / CHECKPOINT).read_bytes()


def main(scenario: str, out: str, parts: str, *options: str) -> None:
    ray.init(log_to_driver=False)
    text = pathlib.Path(scenario).read_text()
    tasks = [part.remote(scenario, text, number, int(parts), list(options)) for number in range(1, int(parts) + 1)]
    with tempfile.TemporaryDirectory() as folder:
        # The recipe of a part of no cell has the scenario's path as it was typed here.
        first = pathlib.Path(folder, "0")
        shard = "1000001/1000001"
        subprocess.run([PROGRAM, "sweep", scenario, "--shard", shard, "--output", first, *options], check=True)
        for number, checkpoint in enumerate(ray.get(tasks), 1):
            pathlib.Path(folder, str(number)).mkdir()
            pathlib.Path(folder, str(number), CHECKPOINT).write_bytes(checkpoint)
        folders = [pathlib.Path(folder, str(number)) for number in range(int(parts) + 1)]
        subprocess.run([PROGRAM, "merge", *folders, "--output", out], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
