"""Every file of the real data: which open, as what, and how the others are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.errors import SlideProblem
from ml.geometry import Size
from ml.slide.opening import open_slide
from ml.slide.region import read_region

OPEN = (
    # file, vendor, width, height, levels, µm/px where it is known
    ("slides/carotid_half_dicom/level0.dcm", "DICOM whole slide", 6240, 12790, 4, 1.458),
    ("slides/carotid_half_dicom/level1.dcm", "DICOM whole slide", 6240, 12790, 4, 1.458),
    ("slides/carotid_half_dicom/level2.dcm", "DICOM whole slide", 6240, 12790, 4, 1.458),
    ("slides/carotid_half_dicom/level3.dcm", "DICOM whole slide", 6240, 12790, 4, 1.458),
    ("slides/carotid_thrombus_he.svs", "Aperio SVS", 12480, 25581, 3, 0.729),
    ("slides/cmu1_small_region.svs", "Aperio SVS", 2220, 2967, 1, 0.499),
    ("slides/dicom/gcp_multi_frame_jpeg_camelyon.dcm", "DICOM whole slide", 1152, 700, 1, 28.968),
    ("slides/dicom/highdicom_ct_image.dcm", "Picture (DICOM CT)", 128, 128, 1, None),
    ("slides/dicom/highdicom_dx_image.dcm", "Picture (DICOM DX)", 211, 169, 1, None),
    ("slides/dicom/highdicom_sm_image.dcm", "DICOM whole slide", 50, 50, 1, 0.499),
    ("slides/dicom/highdicom_sm_image_control.dcm", "DICOM whole slide", 50, 50, 1, 0.499),
    ("slides/dicom/highdicom_sm_image_dots.dcm", "DICOM whole slide", 50, 50, 1, 0.499),
    ("slides/dicom/highdicom_sm_image_grayscale.dcm", "DICOM whole slide", 50, 50, 1, 0.499),
    ("slides/dicom/highdicom_sm_image_grayscale_reversed.dcm", "DICOM whole slide", 50, 50, 1, 0.499),
    ("slides/dicom/highdicom_sm_image_jpegls.dcm", "DICOM whole slide", 50, 50, 1, 0.499),
    ("slides/dicom/highdicom_sm_image_jpegls_nobot.dcm", "DICOM whole slide", 50, 50, 1, 0.499),
    ("slides/dicom/highdicom_sm_image_numbers.dcm", "DICOM whole slide", 50, 50, 1, 0.499),
    ("slides/dicom/multiframe_camelyon_challenge_image.dcm", "DICOM whole slide", 1152, 700, 1, 28.968),
    ("slides/dicom/pathml_small_dicom.dcm", "DICOM whole slide", 3236, 2638, 1, None),
    ("slides/dicom/wsi2dcm_jpeg.dcm", "DICOM whole slide", 957, 715, 1, 16.783),
    ("slides/dicom/wsi2dcm_jpeg2000.dcm", "DICOM whole slide", 957, 715, 1, 16.783),
    ("slides/dicom/wsi2dcm_raw.dcm", "DICOM whole slide", 957, 715, 1, 16.783),
    ("slides/lung_section_he_overview.jpg", "Picture (JPEG)", 892, 661, 2, None),
    ("slides/ome_channels_z.ome.tif", "OME-TIFF", 439, 167, 1, None),
    ("slides/plain_nearly_empty.tif", "Picture (TIFF)", 1493, 901, 3, None),
    ("slides/skin_he_field.tif", "Picture (TIFF)", 1280, 960, 3, None),
    ("slides/tcga_head_neck_jp2k_no_mpp.svs", "Aperio SVS", 4443, 3567, 2, None),
    ("slides/tiny_pyramid_bad_mpp.tiff", "Tiled TIFF", 300, 250, 4, None),
    ("slides/two_pages_uint16.tif", "Picture (TIFF)", 640, 480, 2, None),
    ("slides/vectra_fluorescence.qptiff", "PerkinElmer QPTIFF", 1920, 1440, 1, 0.497),
    ("cmyk/derived_skin_HE_cmyk.jpg", "Picture (JPEG)", 1280, 960, 3, None),
    ("cmyk/gcp_logo_cmyk.jpg", "Picture (JPEG)", 1604, 802, 3, None),
    ("cmyk/pillow_pil_sample_cmyk.jpg", "Picture (JPEG)", 100, 100, 1, None),
    ("cmyk/pillow_tiff_strip_cmyk_16l_jpeg.tif", "Picture (TIFF)", 100, 100, 1, None),
    ("cmyk/pillow_tiff_strip_cmyk_jpeg.tif", "Picture (TIFF)", 100, 100, 1, None),
    ("cmyk/pillow_tiff_tiled_cmyk_jpeg.tif", "Tiled TIFF", 100, 100, 1, None),
    ("slides/carotid_half_dicom", "DICOM whole slide", 6240, 12790, 4, 1.458),
)
CT_PICTURES = (
    # file of ct/, width, height
    ("odd_and_compressed/693_J2KR.dcm", 512, 512),
    ("odd_and_compressed/693_UNCI.dcm", 512, 512),
    ("odd_and_compressed/693_UNCR.dcm", 512, 512),
    ("odd_and_compressed/HTJ2KLossless_08_RGB.dcm", 640, 480),
    ("odd_and_compressed/HTJ2K_08_RGB.dcm", 640, 480),
    ("odd_and_compressed/JLSL_08_07_0_1F.dcm", 128, 128),
    ("odd_and_compressed/JLSL_16_15_1_1F.dcm", 128, 128),
    ("odd_and_compressed/JPEG-LL.dcm", 256, 1024),
    ("odd_and_compressed/JPGLosslessP14SV1_1s_1f_8b.dcm", 1024, 768),
    ("odd_and_compressed/MR-SIEMENS-DICOM-WithOverlays.dcm", 484, 484),
    ("odd_and_compressed/MR2_J2KI.dcm", 1024, 1024),
    ("odd_and_compressed/OBXXXX1A.dcm", 800, 600),
    ("odd_and_compressed/OBXXXX1A_rle.dcm", 800, 600),
    ("odd_and_compressed/OBXXXX1A_rle_2frame.dcm", 800, 600),
    ("odd_and_compressed/SC_rgb.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_16bit.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_16bit_2frame.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_2frame.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_32bit.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_32bit_2frame.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_dcmtk_ebcr_dcmd.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_dcmtk_ebcyn1_dcmd.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_dcmtk_ebcyn2_dcmd.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_dcmtk_ebcynp_dcmd.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_dcmtk_ebcys2_dcmd.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_dcmtk_ebcys4_dcmd.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_expb.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_expb_16bit.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_expb_16bit_2frame.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_expb_2frame.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_expb_32bit.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_expb_32bit_2frame.dcm", 100, 100),
    ("odd_and_compressed/SC_rgb_gdcm2k_uncompressed.dcm", 100, 100),
    ("odd_and_compressed/SC_ybr_full_uncompressed.dcm", 100, 100),
    ("odd_and_compressed/US1_J2KI.dcm", 640, 480),
    ("odd_and_compressed/US1_J2KR.dcm", 640, 480),
    ("odd_and_compressed/bad_sequence.dcm", 512, 512),
    ("odd_and_compressed/color-pl.dcm", 256, 120),
    ("odd_and_compressed/color-px.dcm", 256, 120),
    ("odd_and_compressed/eCT_Supplemental.dcm", 512, 512),
    ("odd_and_compressed/emri_small.dcm", 64, 64),
    ("odd_and_compressed/emri_small_RLE.dcm", 64, 64),
    ("odd_and_compressed/emri_small_big_endian.dcm", 64, 64),
    ("odd_and_compressed/emri_small_jpeg_2k_lossless.dcm", 64, 64),
    ("odd_and_compressed/emri_small_jpeg_ls_lossless.dcm", 64, 64),
    ("odd_and_compressed/explicit_VR-UN.dcm", 512, 512),
    ("odd_and_compressed/mlut_18.dcm", 512, 512),
    ("odd_and_compressed/parametric_map_double_float.dcm", 128, 128),
    ("odd_and_compressed/parametric_map_float.dcm", 128, 128),
    ("odd_and_compressed/vlut_04.dcm", 512, 512),
    ("transfer_syntaxes/CT0012.fragmented_no_bot_jpeg_baseline.51.dcm", 512, 512),
    ("transfer_syntaxes/CTImage.dcm", 512, 512),
    ("transfer_syntaxes/CTImage.dcm_BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2.dcm", 512, 512),
    (
        "transfer_syntaxes/CTImage.dcm_DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99.dcm",
        512,
        512,
    ),
    ("transfer_syntaxes/CTImage.dcm_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm", 512, 512),
    ("transfer_syntaxes/CTImage.dcm_JPEG2000TransferSyntax_1.2.840.10008.1.2.4.91.dcm", 512, 512),
    ("transfer_syntaxes/CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm", 512, 512),
    ("transfer_syntaxes/CTImage.dcm_JPEGLSLossyTransferSyntax_1.2.840.10008.1.2.4.81.dcm", 512, 512),
    ("transfer_syntaxes/CTImage.dcm_JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70.dcm", 512, 512),
    ("transfer_syntaxes/CTImage.dcm_JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57.dcm", 512, 512),
    ("transfer_syntaxes/CTImage.dcm_JPEGProcess1TransferSyntax_1.2.840.10008.1.2.4.50.dcm", 512, 512),
    ("transfer_syntaxes/CTImage.dcm_JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51.dcm", 512, 512),
    ("transfer_syntaxes/CTImage.dcm_LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1.dcm", 512, 512),
    ("transfer_syntaxes/CTImage.dcm_LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2.dcm", 512, 512),
    ("transfer_syntaxes/CTImage.dcm_RLELosslessTransferSyntax_1.2.840.10008.1.2.5.dcm", 512, 512),
    ("transfer_syntaxes/TestPattern_JPEG-Baseline_YBR422.dcm", 640, 400),
    ("transfer_syntaxes/TestPattern_JPEG-Baseline_YBRFull.dcm", 640, 400),
    ("transfer_syntaxes/TestPattern_JPEG-LS-Lossless.dcm", 640, 400),
    ("transfer_syntaxes/TestPattern_JPEG-LS-NearLossless.dcm", 640, 400),
    ("transfer_syntaxes/TestPattern_JPEG-Lossless_RGB.dcm", 640, 400),
    ("transfer_syntaxes/TestPattern_Palette.dcm", 640, 400),
    ("transfer_syntaxes/TestPattern_Palette_16.dcm", 640, 400),
    ("transfer_syntaxes/TestPattern_RGB.dcm", 640, 400),
    ("transfer_syntaxes/US-YBR_FULL_422-EVRLE.dcm", 800, 555),
    ("transfer_syntaxes/no-pixel-spacing.dcm", 800, 600),
)
REFUSED = (
    # file or folder, what the sentence says
    ("slides/broken.svs", "holds text"),
    ("slides/dicom/highdicom_seg_image_cr_binary.dcm", "segmentation"),
    ("slides/dicom/highdicom_seg_image_ct_binary.dcm", "segmentation"),
    ("slides/dicom/highdicom_seg_image_ct_binary_fractional.dcm", "segmentation"),
    ("slides/dicom/highdicom_seg_image_ct_binary_overlap.dcm", "segmentation"),
    ("slides/dicom/highdicom_seg_image_ct_binary_single_frame.dcm", "segmentation"),
    ("slides/dicom/highdicom_seg_image_ct_true_fractional.dcm", "segmentation"),
    ("slides/dicom/highdicom_seg_image_sm_control.dcm", "segmentation"),
    ("slides/dicom/highdicom_seg_image_sm_control_labelmap.dcm", "segmentation"),
    ("slides/dicom/highdicom_seg_image_sm_control_labelmap_palette_color.dcm", "segmentation"),
    ("slides/dicom/highdicom_seg_image_sm_dots.dcm", "segmentation"),
    ("slides/dicom/highdicom_seg_image_sm_dots_tiled_full.dcm", "segmentation"),
    ("slides/dicom/highdicom_seg_image_sm_numbers.dcm", "segmentation"),
    ("slides/dicom/highdicom_sm_annotations.dcm", "set of annotations"),
    ("slides/dicom/highdicom_sr_document.dcm", "structured report"),
    ("slides/dicom/highdicom_sr_document_with_multiple_groups.dcm", "structured report"),
    ("annotations/asap_8_HE.xml", "holds text"),
    ("annotations/asap_camelyon16_tumor_021.xml", "holds text"),
    ("annotations/asap_normal_042.xml", "holds text"),
    ("annotations/dlup_darwin_103S.json", "holds text"),
    ("annotations/dlup_qupath05.geojson", "holds text"),
    ("annotations/histomics_sample.anot", "holds text"),
    ("annotations/large_image_sample.geojson", "holds text"),
    ("annotations/qupath_polygon.geojson", "holds text"),
    ("ct/odd_and_compressed/JLSL_RGB_ILV0.dcm", "does not begin"),
    ("ct/odd_and_compressed/JLSL_RGB_ILV1.dcm", "does not begin"),
    ("ct/odd_and_compressed/JLSL_RGB_ILV2.dcm", "does not begin"),
    ("ct/odd_and_compressed/JLSN_RGB_ILV0.dcm", "does not begin"),
    ("ct/odd_and_compressed/OT-PAL-8-face.dcm", "does not begin"),
    ("ct/odd_and_compressed/emri_small_jpeg_2k_lossless_too_short.dcm", "cannot be shown"),
    ("ct/odd_and_compressed/liver.dcm", "segmentation"),
    ("ct/odd_and_compressed/liver_deflate.dcm", "segmentation"),
    ("ct/odd_and_compressed/liver_expb.dcm", "segmentation"),
    ("ct/odd_and_compressed/liver_j2k.dcm", "segmentation"),
    ("ct/odd_and_compressed/liver_nonbyte_aligned.dcm", "segmentation"),
    ("ct/odd_and_compressed/liver_nonbyte_aligned_deflate.dcm", "segmentation"),
    ("ct/odd_and_compressed/liver_nonbyte_aligned_j2k.dcm", "segmentation"),
    ("ct/odd_and_compressed/liver_nonbyte_aligned_rle.dcm", "segmentation"),
    ("ct/odd_and_compressed/liver_rle.dcm", "segmentation"),
    (
        "ct/transfer_syntaxes/CTImage.dcm_JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55.dcm",
        "cannot be shown",
    ),
    (
        "ct/transfer_syntaxes/CTImage.dcm_JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53.dcm",
        "cannot be shown",
    ),
    ("ct/transfer_syntaxes/no-pixel-data.dcm", "structured report"),
    ("slides/dicom", "holds 12 slides"),
    ("ct/cranium_series", "holds no slide"),
    ("README.md", "holds text"),
    ("slides", "holds 13 slides"),
)


@pytest.mark.data
@pytest.mark.parametrize(("name", "vendor", "width", "height", "levels", "spacing"), OPEN)
def test_slides_and_pictures_open(
    real_data: Path, name: str, vendor: str, width: int, height: int, levels: int, spacing: float | None
) -> None:
    with open_slide(real_data / name) as slide:
        info = slide.info
        assert (info.vendor, info.size, len(info.levels)) == (vendor, Size(width, height), levels)
        if spacing is None:
            assert info.spacing is None
            assert info.spacing_doubt
        else:
            assert info.spacing is not None
            assert info.spacing.spacing.mean == pytest.approx(spacing, abs=1e-3)
        assert np.ptp(read_region(slide, info.bounds, Size(64, 64))) > 20, "all of one colour"
        for level, shape in enumerate(info.levels):  # the corner that a wrong grid would miss
            tile = slide.read_tile(level, shape.columns - 1, shape.rows - 1)
            right = shape.size.width - (shape.columns - 1) * shape.tile.width
            bottom = shape.size.height - (shape.rows - 1) * shape.tile.height
            assert tile.shape == (bottom, right, 3)
        for picture in info.associated:
            assert slide.read_associated(picture).ndim == 3


@pytest.mark.data
@pytest.mark.parametrize(("name", "width", "height"), CT_PICTURES)
def test_ct_files_open_as_plain_pictures(real_data: Path, name: str, width: int, height: int) -> None:
    with open_slide(real_data / "ct" / name) as slide:
        assert slide.info.vendor.startswith("Picture (DICOM")
        assert slide.info.size == Size(width, height)
        assert slide.info.spacing is None
        assert np.ptp(read_region(slide, slide.info.bounds, Size(64, 64))) > 20, "all of one colour"


@pytest.mark.data
@pytest.mark.parametrize(("name", "said"), REFUSED)
def test_the_others_are_refused_in_words(real_data: Path, name: str, said: str) -> None:
    with pytest.raises(SlideProblem) as caught:
        open_slide(real_data / name)
    problem = caught.value
    assert said in problem.what
    assert Path(name).name in problem.what
    assert problem.remedy.endswith(".")
    assert "\n" not in str(problem)
    assert str(real_data) not in str(problem)


@pytest.mark.data
def test_no_file_is_forgotten(real_data: Path) -> None:
    told = {name for name, *_ in OPEN + REFUSED} | {f"ct/{name}" for name, *_ in CT_PICTURES}
    folders = ("slides", "cmyk", "annotations", "ct/odd_and_compressed", "ct/transfer_syntaxes")
    there = {
        path.relative_to(real_data).as_posix()
        for folder in folders
        for path in (real_data / folder).rglob("*")
        if path.is_file()
    }
    assert there - told == set()
