"""Reads NIfTI files with nibabel for tests/nifti/peers.rs.

peers.py make DIR          files of every type, byte order, scaling and form that nibabel can write
peers.py values FILE...    one JSON line per file: shape, affine, values in file order
peers.py points FILE N     N random points in and around FILE: R A S, then "i j k value" or "outside"
"""

import json
import sys
from pathlib import Path

import nibabel as nib
import numpy as np


def affine(degrees, flip):
    turn = np.radians(degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    matrix = np.eye(4)
    matrix[:3, :3] = rotation @ np.diag([-0.7 if flip else 0.7, 0.8, 2.5])
    matrix[:3, 3] = [12.5, -40.25, 101.0]
    return matrix


def make(folder):
    rng = np.random.default_rng(2)
    forms = [(1, 1), (0, 1), (1, 0), (0, 0), (2, 2)]
    scales = [(None, None), (1.0, -1024.0), (0.5, 3.25), (2.0, 0.0), (0.0, 0.0), (0.0, 9.0)]
    count = 0
    for dtype in ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]:
        for order in "<>":
            for scale in scales:
                form = forms[count % len(forms)]
                kind = [nib.Nifti1Header, nib.Nifti2Header][count // 3 % 2]
                path = Path(folder) / f"{count:03}_{dtype}.nii{'.gz' if count % 2 else ''}"
                write(path, dtype, order, scale, form, kind, rng, affine(count % 7 * 4, count % 3 == 0))
                count += 1
    return count


def write(path, dtype, order, scale, form, kind, rng, matrix):
    """Writes the raw parts itself: nibabel's own writer rescales."""
    shape = (5, 4, 3)
    data = rng.integers(0, 100, shape) if dtype[0] != "f" else rng.normal(0, 500, shape)
    data = data.astype(order + dtype)
    if dtype[0] in "if":
        data = data - data.dtype.type(50)
    header = kind(endianness=order)
    header.set_data_dtype(data.dtype)
    header.set_data_shape(shape)
    header.set_zooms((0.7, 0.8, 2.5))
    header.set_sform(matrix, code=form[0])
    header.set_qform(affine(20, True) if form == (2, 2) else matrix, code=form[1])
    header["vox_offset"] = 544 if kind is nib.Nifti2Header else 352
    header["magic"] = b"n+2" if kind is nib.Nifti2Header else b"n+1"
    if kind is nib.Nifti2Header:
        header["eol_check"] = (13, 10, 26, 10)
    if scale[0] is not None:
        header["scl_slope"], header["scl_inter"] = scale
    raw = header.binaryblock + b"\0\0\0\0" + data.astype(order + dtype).tobytes(order="F")
    opener = nib.openers.Opener(str(path), "wb")
    opener.write(raw)
    opener.close()


def values(paths):
    for path in paths:
        image = nib.load(path)
        data = np.asarray(image.get_fdata(dtype=np.float64)).ravel(order="F")
        print(json.dumps({"shape": image.shape, "affine": image.affine.tolist(), "values": data.tolist()}))


def points(path, count):
    rng = np.random.default_rng(7)
    image = nib.load(path)
    data = image.get_fdata(dtype=np.float64)
    shape = np.array(image.shape)
    inverse = np.linalg.inv(image.affine)
    done = 0
    while done < count:
        voxel = rng.uniform(-0.1, 1.1, 3) * shape - 0.5
        if np.any(np.abs(voxel - np.floor(voxel) - 0.5) < 1e-3):
            continue  # on a face between voxels either neighbour is right
        at = image.affine[:3, :3] @ voxel + image.affine[:3, 3]
        near = np.rint(inverse[:3, :3] @ at + inverse[:3, 3]).astype(int)
        inside = np.all(near >= 0) and np.all(near < shape)
        text = f"{near[0]} {near[1]} {near[2]} {float(data[tuple(near)])!r}" if inside else "outside"
        print(f"{float(at[0])!r} {float(at[1])!r} {float(at[2])!r} {text}")
        done += 1


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    elif sys.argv[1] == "values":
        values(sys.argv[2:])
    else:
        points(sys.argv[2], int(sys.argv[3]))
