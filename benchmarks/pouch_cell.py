"""A measured pouch cell: calibration on all pixels, and fields from eight of 121 by twin and by interpolation.

Twins are calibrated and tuned on their eight pixels before 480 s alone, where the heater's temperature is known; then
they follow these pixels without it. What is scored is the 113 other pixels, as the camera saw them, before and after.
"""

import itertools
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from harness import Row, is_quick, report
from scipy.interpolate import RBFInterpolator

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "samples"))
from pouch_recording import N_PIXELS, rms
from pouch_twin import PouchTwin, Setting

UNTIL_S = 480
SINCE_S = 8
"""Seconds before the first score: the room's air is all that has been seen until then."""
N_PIXELS_USED, NOISE_K = 8, 0.1
NORMAL_90 = 1.645
SETTINGS = tuple(itertools.starmap(Setting, itertools.product((1.0, 2.0, 4.0), (0.03, 0.06))))
"""Among which each twin chooses."""
SMOOTHINGS = (0.0, 0.01, 0.1, 1.0)
"""Of splines, for positions in decimetres; the best on the held-out pixels is taken, in their favour."""
RBF_EVERY_S = 32


def log_score(error, deviation):
    """Mean logarithm of the normal density of some errors."""
    return float(np.mean(-0.5 * (error / deviation) ** 2 - np.log(deviation)))


def chosen_setting(twin, model, surface, pixels):
    """The setting that predicts best what every third of the pixels in use reads before 480 s, from the others."""
    scores = []
    for setting in SETTINGS:
        score = 0.0
        for left_out in pixels[::3]:
            others = [pixel for pixel in pixels if pixel != left_out]
            told = twin.followed(model, surface, pixels=others, noise=NOISE_K, setting=setting, n_times=UNTIL_S)
            error = (told.field[:, left_out] - surface[1:UNTIL_S, left_out])[SINCE_S:]
            score += log_score(error, np.hypot(told.deviation[SINCE_S:, left_out], NOISE_K))
        scores.append(score)
    return SETTINGS[int(np.argmax(scores))]


def spline_rms(twin, surface, pixels, held_out, seconds):
    """Thin-plate splines through the pixels of each time."""
    places = 10.0 * twin.measured.positions[:, :2]

    def error(smoothing):
        return [
            RBFInterpolator(places[pixels], surface[second, pixels], kernel="thin_plate_spline", smoothing=smoothing)(
                places[held_out]
            )
            - twin.measured.surface[second, held_out]
            for second in seconds
        ]

    return min(rms(error(smoothing)) for smoothing in SMOOTHINGS)


def layout(twin, seed):
    """One choice of eight pixels, with noise added to what the camera saw."""
    rng = np.random.default_rng(seed)
    pixels = np.sort(rng.choice(N_PIXELS, N_PIXELS_USED, replace=False)).tolist()
    held_out = np.setdiff1d(np.arange(N_PIXELS), pixels)
    surface = twin.measured.surface + NOISE_K * rng.normal(size=twin.measured.surface.shape)
    calibration = twin.calibrated(surface, pixels=pixels, noise=NOISE_K, until_s=UNTIL_S)
    model = twin.recentred(calibration)
    result = {"seed": seed, "pixels": pixels, "flags": [flag.kind.value for flag in calibration.flags]}
    settings = {"untuned": Setting(), "tuned": chosen_setting(twin, model, surface, pixels)}
    times = {"before": slice(SINCE_S, UNTIL_S - 1), "after": slice(UNTIL_S - 1, None)}
    for name, setting in settings.items():
        told = twin.followed(model, surface, pixels=pixels, noise=NOISE_K, setting=setting)
        error = (told.field - twin.measured.surface[1:])[:, held_out]
        inside = np.abs(error) <= NORMAL_90 * told.deviation[:, held_out]
        result[name] = {
            "source_scale": setting.source_scale,
            "local_K": setting.local_K,
            **{f"rms_{when}_K": rms(error[rows]) for when, rows in times.items()},
            **{f"coverage_90_{when}": float(inside[rows].mean()) for when, rows in times.items()},
            "heater_rms_K": rms((told.heater - twin.measured.heater[1:])[60:]),
        }
    result["factors"] = {item.name: item.factor for item in calibration.parameters}
    open_loop = (twin.expected(twin.theta_of(calibration)) - twin.measured.surface)[:, held_out]
    result["open_loop_rms_after_K"] = rms(open_loop[UNTIL_S:])
    n_times = len(surface)
    for when, seconds in (
        ("before", range(SINCE_S, UNTIL_S, RBF_EVERY_S)),
        ("after", range(UNTIL_S, n_times, RBF_EVERY_S)),
    ):
        result[f"spline_rms_{when}_K"] = spline_rms(twin, surface, pixels, held_out, seconds)
    return result


def calibration_of_all(twin):
    """Root mean square over all pixels and times with five parameters from all of them, and with those of the scene."""
    surface = twin.measured.surface
    calibration = twin.calibrated(surface, pixels=range(N_PIXELS), noise=NOISE_K, until_s=len(surface) - 1.5)
    nominal = np.ones(len(twin.model.parameters))
    found = twin.expected(twin.theta_of(calibration)) - surface
    return calibration, rms(found), rms(twin.expected(nominal) - surface)


def median(layouts, *keys):
    """Of one number over the layouts."""
    values = []
    for each in layouts:
        for key in keys:
            each = each[key]
        values.append(each)
    return float(np.median(values))


def main() -> None:
    quick = is_quick(__doc__ or "")
    with TemporaryDirectory() as folder:
        twin = PouchTwin(Path(folder))
    calibration, found, nominal = calibration_of_all(twin)
    authors = rms(twin.measured.simulated - twin.measured.surface[::8])
    rows = [
        Row("calibration, 5 parameters", "121 pixels", "K", found, authors, "authors' fit", 1.2, more_is_better=False)
    ]
    print(f"scene as stated {nominal:.3f} K, five parameters {found:.4f} K, authors {authors:.4f} K", flush=True)
    layouts = []
    for seed in range(4 if quick else 20):
        start = time.process_time()
        layouts.append(layout(twin, seed))
        print(layouts[-1], f"{time.process_time() - start:.0f} s of CPU time", flush=True)
    for when in ("before", "after"):
        ours, peer = median(layouts, "tuned", f"rms_{when}_K"), median(layouts, f"spline_rms_{when}_K")
        work = f"113 pixels from 8, {when} 480 s"
        rows.append(
            Row(work, f"{len(layouts)} layouts", "K", ours, peer, "thin-plate splines", 3.0, more_is_better=False)
        )
    details = {
        "calibration": {
            "rms_K": found,
            "rms_as_stated_K": nominal,
            "rms_of_authors_K": authors,
            "parameters": {item.name: [item.factor, item.deviation] for item in calibration.parameters},
            "flags": [flag.text for flag in calibration.flags],
        },
        "layouts": layouts,
    }
    report("pouch_cell", rows, packages=("numpy", "scipy"), quick=quick, details=details)


if __name__ == "__main__":
    main()
