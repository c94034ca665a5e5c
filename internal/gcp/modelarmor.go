package gcp

const modelArmor = "modelarmor.googleapis.com"
