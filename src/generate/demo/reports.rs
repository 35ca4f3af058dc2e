//! Reports of the demo's cases, written for it.

/// Findings and impression by case.
pub const REPORTS: [(&str, &str, &str); 3] = [
    (
        "phantom_a",
        "Lungs are clear. No pleural effusion. The heart is of normal size. The thoracic and abdominal aorta are of normal calibre; the aorta \
         runs to the left of the midline. A hypodense lesion of about 3 cm lies in the right lobe of the liver. The liver is of normal size. \
         The spleen is not enlarged. Both kidneys are of normal size; the left kidney lies slightly higher than the right. No fracture of \
         the imaged vertebrae.",
        "Hypodense lesion in the right lobe of the liver. Otherwise no abnormality.",
    ),
    (
        "phantom_b",
        "Lungs are clear. The heart is of normal size. The liver is of normal size and contains a hypodense lesion of about 2 cm in the left \
         lobe, just to the left of the midline. The spleen is enlarged, with a height of more than 14 cm. The left kidney is small; the right \
         kidney is of normal size. The aorta is of normal calibre. The imaged vertebrae are normal.",
        "Splenomegaly. Small left kidney. Small lesion in the left lobe of the liver.",
    ),
    (
        "phantom_c",
        "A solid nodule of 8 mm lies in the left lower lobe, 12 mm from the pleura. There is a small pleural effusion on the right. No \
         enlarged mediastinal or hilar lymph nodes. The heart is of normal size. In the imaged upper abdomen the liver and the spleen are \
         unremarkable.",
        "Nodule in the left lower lobe. Small right pleural effusion.",
    ),
];
