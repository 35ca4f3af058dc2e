"""The work of benches/slice.rs with SimpleITK and numpy: milliseconds per slice (median) for axial, coronal, sagittal."""

import statistics
import time

import numpy as np
import SimpleITK as sitk

SIZE, SPACING, PIXELS, MM = (512, 512, 600), 0.7, 1024, 0.4

rng = np.random.default_rng(1)
ct = sitk.GetImageFromArray(rng.integers(-400, 624, SIZE[::-1], dtype=np.int16))
k, j, i = np.ogrid[: SIZE[2], : SIZE[1], : SIZE[0]]
labels = sitk.GetImageFromArray(((i // 64 * 7 + j // 64 * 13 + k // 64 * 29) % 101).astype(np.uint16))
for image in (ct, labels):
    image.SetSpacing((SPACING,) * 3)
colours = rng.integers(0, 256, (65536, 3)).astype(np.float32)
colours[0] = 0


def slice_of(plane, step):
    """One slice as uint8 RGB: linear CT, nearest labels, window 400/40, fill at 35 %."""
    right, down = [((-1, 0, 0), (0, -1, 0)), ((-1, 0, 0), (0, 0, -1)), ((0, -1, 0), (0, 0, -1))][plane]
    normal = np.cross(right, down)
    centre = np.array([(n - 1) / 2 * SPACING for n in SIZE]) + normal * 0.31 * step
    origin = centre - (np.array(right) + np.array(down)) * MM * (PIXELS - 1) / 2
    direction = np.stack([right, down, normal], axis=1).astype(float).ravel().tolist()
    grid = ((PIXELS, PIXELS, 1), sitk.Transform(), origin.tolist(), (MM,) * 3, direction)

    def cut(image, method, outside):
        size, transform, at, spacing, axes = grid
        return sitk.GetArrayViewFromImage(sitk.Resample(image, size, transform, method, at, spacing, axes, outside))[0]

    grey = cut(ct, sitk.sitkLinear, -32768).astype(np.float32)
    grey = np.clip((grey - 40) / 400 + 0.5, 0, 1) * 255
    value = cut(labels, sitk.sitkNearestNeighbor, 0)
    alpha = np.where(value > 0, np.float32(0.35), np.float32(0))[..., None]
    return np.rint(grey[..., None] * (1 - alpha) + colours[value] * alpha).astype(np.uint8)


for plane in range(3):
    times = []
    for step in range(13):
        start = time.perf_counter()
        slice_of(plane, step)
        times.append((time.perf_counter() - start) * 1e3)
    print(statistics.median(times[3:]))
