"""Measures of TotalSegmentator's example with SimpleITK, scipy, cc3d and scikit-image, as JSON on stdout.

python tests/geometry_reference.py FOLDER, with example_seg.nii.gz and example_ct_sm.nii.gz in FOLDER. tests/measures.rs compares the program with
these numbers: computed afresh where Python has the libraries, else with those stored in tests/measure/reference.json. Coordinates are RAS mm.
"""

import itertools
import json
import sys
from pathlib import Path

import cc3d
import numpy as np
import SimpleITK as sitk
from scipy import ndimage
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist
from skimage.measure import marching_cubes, mesh_surface_area

# Neighbours, far apart, left and right, thin, in several parts, cut by the field of view.
PAIRED = [1, 2, 3, 5, 6, 7, 8, 9, 18, 20, 52, 63]
FACES = ndimage.generate_binary_structure(3, 1)
AROUND = ndimage.generate_binary_structure(3, 3)

folder = Path(sys.argv[1])
image = sitk.ReadImage(str(folder / "example_seg.nii.gz"))
labels = sitk.GetArrayFromImage(image)
ct = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "example_ct_sm.nii.gz"))).astype(np.float64)
ras_from_index = np.diag([-1, -1, 1]) @ np.array(image.GetDirection()).reshape(3, 3) @ np.diag(image.GetSpacing())
origin = np.array([-1, -1, 1]) * image.GetOrigin()


def ras(zyx):
    return zyx[:, ::-1] @ ras_from_index.T + origin


def boundary(value):
    mask = labels == value
    return mask & ~ndimage.binary_erosion(mask, FACES)


def shape_filter():
    f = sitk.LabelShapeStatisticsImageFilter()
    f.ComputePerimeterOn()
    f.ComputeFeretDiameterOn()
    f.Execute(image)
    return f


def longest(points):
    return float(pdist(points).max()) if len(points) > 1 else 0.0


def label(value, shapes):
    mask = labels == value
    edge = ras(np.argwhere(boundary(value)))
    sizes = np.bincount(cc3d.connected_components(mask, connectivity=26).ravel())[1:]
    box = shapes.GetBoundingBox(value)
    x, y, z = shapes.GetCentroid(value)
    slices = [np.argwhere(boundary(value)[k]) for k in range(labels.shape[0])]
    flat = [ras(np.column_stack([np.full(len(s), k), s])) for k, s in enumerate(slices) if len(s)]
    hu = ct[mask]
    return {
        "voxels": int(mask.sum()),
        "volume_ml": shapes.GetPhysicalSize(value) / 1000,
        "bbox": [list(box[:3]), [a + n - 1 for a, n in zip(box[:3], box[3:])]],
        "centroid": [-x, -y, z],
        "components": sorted((int(n) for n in sizes), reverse=True),
        "area": shapes.GetPerimeter(value),
        "diameter": longest(edge),
        "axial_diameter": max(longest(p) for p in flat),
        "hu": [hu.mean(), hu.std(), hu.min(), hu.max()],
    }


def pair(a, b):
    edges = [ras(np.argwhere(boundary(v))) for v in (a, b)]
    whole = [ras(np.argwhere(labels == v)) for v in (a, b)]
    d = np.concatenate([cKDTree(edges[1]).query(edges[0])[0], cKDTree(edges[0]).query(edges[1])[0]])
    near = ndimage.binary_dilation(labels == b, AROUND)
    edge = boundary(a)
    offset = whole[0].mean(axis=0) - whole[1].mean(axis=0)
    return {
        "a": a,
        "b": b,
        "centre_distance": float(np.linalg.norm(offset)),
        "offset": offset.tolist(),
        "gap": float(cKDTree(whole[1]).query(whole[0])[0].min()),
        "hausdorff": float(d.max()),
        "hd95": float(np.percentile(d, 95)),
        "mean": float(d.mean()),
        "contact": float((edge & near).sum() / edge.sum()),
    }


def sphere(radius, spacing):
    """Area of a ball's surface by marching cubes on its voxels; its centre is a third of a voxel off."""
    size = [int(2 * radius / mm) + 5 for mm in spacing]
    centre = [(n - 1) / 2 + 1 / 3 for n in size]
    i, j, k = np.ogrid[: size[0], : size[1], : size[2]]
    d = [((x - c) * mm) ** 2 for x, c, mm in zip((i, j, k), centre, spacing)]
    ball = (d[0] + d[1] + d[2] <= radius**2).astype(np.float32)
    corners, faces, *_ = marching_cubes(ball, 0.5, spacing=spacing)
    return {"radius": radius, "spacing": spacing, "marching_cubes": mesh_surface_area(corners, faces)}


shapes = shape_filter()
present = [int(v) for v in shapes.GetLabels()]
pairs = [p for p in itertools.combinations(PAIRED, 2) if all(v in present for v in p)]
numbers = {"labels": {v: label(v, shapes) for v in present}, "pairs": [pair(*p) for p in pairs]}
numbers["spheres"] = [sphere(r, mm) for r, mm in ((9.0, (1.0, 1.0, 1.0)), (20.0, (0.7, 0.7, 0.7)), (30.0, (0.8, 0.8, 2.5)), (40.0, (1.0, 2.0, 5.0)))]
json.dump(numbers, sys.stdout, default=float)
