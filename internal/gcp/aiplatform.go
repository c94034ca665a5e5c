package gcp

const aiPlatform = "aiplatform.googleapis.com"
