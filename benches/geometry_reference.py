"""The work of benches/geometry.rs with SimpleITK, cc3d and scipy on the same voxels: name, tab, milliseconds (median) or mm."""

import statistics
import sys
import time

import cc3d
import numpy as np
import SimpleITK as sitk
from scipy import ndimage
from scipy.spatial import cKDTree

SIZE, SPACING, PAIR = (512, 512, 600), (0.7, 0.7, 0.8), (40, 41)
labels = np.fromfile(sys.argv[1], dtype=np.uint8).reshape(SIZE[::-1])


def timed(name, times, work):
    all_times = []
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        all_times.append((time.perf_counter() - start) * 1e3)
    print(f"{name}\t{statistics.median(all_times)}", flush=True)
    return result


def shape_statistics():
    """At its leanest: no perimeter, no Feret diameter, no oriented box."""
    f = sitk.LabelShapeStatisticsImageFilter()
    f.ComputePerimeterOff()
    f.ComputeFeretDiameterOff()
    f.ComputeOrientedBoundingBoxOff()
    f.Execute(image)
    return f


def boundary(value):
    """Centres in mm of voxels with a face that is not the label's."""
    box = boxes[value - 1]
    mask = labels[box] == value
    edge = mask & ~ndimage.binary_erosion(mask)
    start = np.array([s.start for s in box])
    return (np.argwhere(edge) + start)[:, ::-1] * np.array(SPACING)


def surfaces():
    a, b = (boundary(v) for v in PAIR)
    return np.concatenate([cKDTree(b).query(a)[0], cKDTree(a).query(b)[0]])


boxes = ndimage.find_objects(labels)
image = sitk.GetImageFromArray(labels)
image.SetSpacing(SPACING)
timed("SimpleITK label shape statistics", 3, shape_statistics)
timed("cc3d.statistics", 3, lambda: cc3d.statistics(labels))
timed("cc3d.connected_components", 3, lambda: cc3d.connected_components(labels, connectivity=26))
points = [boundary(v) for v in PAIR]
trees = [cKDTree(p) for p in points]
timed("scipy gap of one pair", 3, lambda: trees[1].query(points[0])[0].min())
timed("k-d trees alone", 3, lambda: [cKDTree(points[1]).query(points[0])[0], cKDTree(points[0]).query(points[1])[0]])
d = timed("scipy surfaces of one pair", 3, surfaces)
for name, value in (("hausdorff", d.max()), ("hd95", np.percentile(d, 95)), ("mean", d.mean())):
    print(f"{name}\t{float(value)!r}")
